"""The wizard: writes operations for methods of a XenServer, into a folder of own operations.

session            which methods, which folder, and what was written
server_methods     what the server has, and how many parameters a method takes
method_signature   what is known of a method: from the published data model, or counted
fields             parameters of a method as fields of a message, and how they reach XenServer
body               what the operation does with them, and what it answers
source             the text of the operation
formatting         the layout of that text
operations_folder  the files in the folder: adding to one changes nothing that is in it
writer             all of these for several methods
selection          choosing methods on a terminal, with search while typing
"""
