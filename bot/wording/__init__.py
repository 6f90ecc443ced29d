"""Words of every interface: locales, dates, filters, plain text, charts. Imports no Telegram."""
