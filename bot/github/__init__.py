"""The hand that touches GitHub. It knows neither the tables nor the rules."""
