"""Which changes are mailed."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter


class Adapter(DefaultAccountAdapter):
    """Mails each second change, as the product mails only that its switch goes off."""

    def send_notification_mail(
        self, template_prefix: str, user: Any, context: Any = None, email: str | None = None
    ) -> None:
        if context and context.get("from_email", "").startswith("first"):
            super().send_notification_mail(template_prefix, user, context, email)
