from parcels.rates import Parcel, price


def test_price():
    assert price(Parcel(2.0, "CH", []), {"CH": 7.0}) == 14.0
