"""What is kept but must not be readable in the database: answers to replay, people's GitHub tokens."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet


def seal(secret_key: str, purpose: str) -> Fernet:
    """Seals and opens for one purpose; `decrypt` raises InvalidToken for what another SECRET_KEY sealed."""
    return Fernet(urlsafe_b64encode(hashlib.sha256(f"{purpose}:{secret_key}".encode()).digest()))
