// Each file of handlers adds its own, by the operations' ids in api.yaml.
#pragma once

#include "server/router.h"

namespace sekisho {

void add_sign_in(Handlers& handlers);
void add_oidc(Handlers& handlers);
void add_me(Handlers& handlers);
void add_people(Handlers& handlers);
void add_organisation(Handlers& handlers);
void add_standing(Handlers& handlers);
void add_work(Handlers& handlers);
void add_devices(Handlers& handlers);
void add_enrolments(Handlers& handlers);
void add_lists(Handlers& handlers);
void add_appliances(Handlers& handlers);
void add_software(Handlers& handlers);
void add_line(Handlers& handlers);
void add_line_risk(Handlers& handlers);
void add_device_care(Handlers& handlers);
void add_incidents(Handlers& handlers);
void add_reports(Handlers& handlers);
void add_notices(Handlers& handlers);

}  // namespace sekisho
