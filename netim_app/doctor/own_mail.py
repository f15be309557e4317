"""The mail that an operator lets `netim doctor` send to a mailbox of their own."""

import asyncio
import uuid

from netim_app.brand.brand import read_brand
from netim_app.core.clock import system_clock
from netim_app.doctor.finding import Finding
from netim_app.infra import mail_message
from netim_app.infra.mail_transport import DeliveryFailed, make_transport
from netim_app.settings import Reading, Settings


def send_mail_to_oneself(reading: Reading, to: str) -> Finding:
    """Sends a mail as the product does, but without the outbox, so that the mail server's reply is shown at once."""
    settings = reading.settings
    if reading.unreadable or read_brand(settings.brand_dir)[1]:
        return Finding("mail to oneself", "was not sent: a setting that it needs is at fault", fine=False)
    try:
        asyncio.run(_deliver(settings, to))
    except (DeliveryFailed, ValueError, OSError) as error:
        return Finding("mail to oneself", f"was not sent: {error}", fine=False)
    return Finding("mail to oneself", "sent; look for it in the mailbox")


async def _deliver(settings: Settings, to: str) -> None:
    transport = make_transport(settings)
    try:
        await transport.send(_test_mail(settings, to))
    finally:
        await transport.finish()


def _test_mail(settings: Settings, to: str) -> mail_message.Message:
    said = f"`netim doctor` sent this mail for {settings.public_url}. It arrived, so mails to customers can."
    texts = mail_message.RenderedMail("A mail from netim doctor", f"{said}\n", f"<p>{said}</p>")
    return mail_message.build(
        texts, to=to, sender=settings.mail_from, message_id=f"doctor-{uuid.uuid4()}", at=system_clock()
    )
