"""How GitHub writes its objects in JSON."""
