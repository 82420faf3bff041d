# SPDX-License-Identifier: Apache-2.0
# Asks PAM's service "fixtest" whether hanako gets in with the password given.
import ctypes, sys

pam, libc = ctypes.CDLL('libpam.so.0'), ctypes.CDLL('libc.so.6')
libc.strdup.restype = ctypes.c_void_p
libc.calloc.restype = ctypes.c_void_p


class Answer(ctypes.Structure):
    _fields_ = [('text', ctypes.c_void_p), ('code', ctypes.c_int)]


Ask = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p)


def ask(count, messages, answers, data):
    memory = libc.calloc(count, ctypes.sizeof(Answer))
    for at, answer in enumerate((Answer * count).from_address(memory)):
        answer.text = libc.strdup(sys.argv[1].encode())
    answers[0] = memory
    return 0


class Talk(ctypes.Structure):
    _fields_ = [('ask', Ask), ('data', ctypes.c_void_p)]


talk, handle = Talk(Ask(ask), None), ctypes.c_void_p()
pam.pam_start(b'fixtest', b'hanako', ctypes.byref(talk), ctypes.byref(handle))
result = pam.pam_authenticate(handle, 0) or pam.pam_acct_mgmt(handle, 0)
pam.pam_end(handle, result)
sys.exit(result != 0)
