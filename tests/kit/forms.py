"""All forms of the product."""

from typing import Any

from netim_app import netim_app  # noqa: F401  registers every state
from tests.kit.harness import PASSWORD
from tests.kit.reviewed import joined

CUSTOMER = {"first_name": "Anna", "last_name": "Martin", "email": "new@example.com", "password": PASSWORD}
PROFILE = {
    "first_name": "Anna", "last_name": "Martin", "company": "Firm", "phone": "+33 1 23 45 67 89", "street": "Road 1",
    "postal_code": "75001", "city": "Paris", "country": "FR", "language": "en", "time_zone": "Europe/Paris",
}  # fmt: skip
FORMS: dict[str, dict[str, Any]] = {
    "LoginState.submit": {"email": "nobody@example.com", "password": "wrong " + PASSWORD},
    "SignUpState.submit": CUSTOMER,
    "VerifyState.submit": {"token": "A" * 43},
    "ForgotState.submit": {"email": "nobody@example.com"},
    "ResetState.submit": {"token": "A" * 43, "password": PASSWORD},
    "UndoState.submit": {"token": "A" * 43},
    "ProfileState.save": PROFILE,
    "EmailState.submit": {"email": "new@example.com"},
    "StepUpState.submit": {"password": "wrong " + PASSWORD},
} | joined("forms")
"""Every form handler with a form that is well formed; those of a feature are in `tests/features/<name>/reviewed.py`."""
