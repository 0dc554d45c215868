"""Names and sentences that staff read: Chinese always, English where there is one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    zh: str
    en: str | None = None

    @staticmethod
    def read(stored: dict[str, str]) -> "Name":
        return Name(stored["zh"], stored.get("en"))

    def stored(self) -> dict[str, str]:
        return {"zh": self.zh} | ({"en": self.en} if self.en else {})
