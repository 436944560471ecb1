"""What is done inside one transaction, once for both databases.

Each operation takes a session and a list of items, and returns one result an item; an exception
as a result is that item's alone, and means that nothing of it was written.
"""
