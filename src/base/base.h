// SPDX-License-Identifier: Apache-2.0
// base: what every room stands on. Errors and results, text in two languages, time, bounded file
// reading, running a program without a shell, and parsing YAML and JSON documents into one tree.
//
// May enter: things with no knowledge of telework security.
// May not enter: anything that names a measure, a check, evidence or a page.
#pragma once

#include "base/document.h"
#include "base/file.h"
#include "base/process.h"
#include "base/result.h"
#include "base/text.h"
#include "base/time.h"
