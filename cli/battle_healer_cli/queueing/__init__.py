"""What the commands of `healer queue` share: filters, policies, and how entries are shown."""
