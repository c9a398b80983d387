"""What comes back."""


def refund(parcel, deductions=[]):
    if parcel["opened"]:
        deductions.append(5.0)
    return parcel["price"] - sum(deductions)
