// SPDX-License-Identifier: Apache-2.0
// key: the device's access key at work for the programs of the person who uses the device. It
// signs, and never gives the key away: over PKCS #11 (module/, which other people's programs load)
// for browsers, and as an ssh-agent. Two sockets, since what may be asked differs: PKCS #11 hands
// over digests, of which nobody can tell what they are of; over SSH's only sign-ins are signed, so
// that a forwarded agent is good for nothing else.
//
// May enter: what is asked of the key, who may ask, the sockets.
// May not enter: the key that signs reports, what the server keeps.
#pragma once

#include "key/askers.h"
#include "key/messages.h"
#include "key/service.h"
#include "key/signer.h"
