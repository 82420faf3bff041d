// SPDX-License-Identifier: Apache-2.0
// collect/agent: an enrolled device speaks for itself. Its key and certificate, the form of its
// reports and how they are signed, the queue that keeps them until the server has them, and the
// sending over mutual TLS. docs/agent-protocol.md says how it goes over the wire.
//
// May enter: keys of devices, reports, keeping and sending them.
// May not enter: how a machine is looked at (collect/host), what the server keeps.
#pragma once

#include "collect/agent/access_key.h"
#include "collect/agent/command.h"
#include "collect/agent/device.h"
#include "collect/agent/keys.h"
#include "collect/agent/queue.h"
#include "collect/agent/report.h"
#include "collect/agent/watch.h"
