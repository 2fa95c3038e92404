"""The wizard: writes operations for methods that a XenServer offers, into a folder of one's own.

offers    what the server offers, and how many parameters a method takes
grasp     what is known of a method: from the published data model, or counted
fields    parameters of a method as fields of a message, and how they are handed to XenServer
body      what the operation does with them, and what it answers
page      the text of the operation, formatted
shelf     the files in the folder: adding to one changes nothing that stands in it
picking   choosing methods on a terminal, with search as one types
"""
