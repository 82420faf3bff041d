// SPDX-License-Identifier: Apache-2.0
// Internal to the room: to what a setting is best set, and what that protects. Written by the
// project.
#pragma once

#include <string_view>
#include <vector>

#include "base/text.h"

namespace sekisho {

struct SettingAdvice {
  std::string_view item;
  Text why;  // empty: as the item's check says
  Text set;
};
std::vector<SettingAdvice> microsoft_advice();
std::vector<SettingAdvice> google_advice();
std::vector<SettingAdvice> service_advice();

// What settings protect, where no check says it.
inline const Text kOfItsCheck{};
inline const Text kSignIn{"盗んだパスワードだけで入られないようにするため",
                          "so that a stolen password alone lets nobody in"};
inline const Text kAdmin{"管理者の力を、盗んだ人や間違えた人に渡さないため",
                         "so that nobody gets an administrator's rights by theft or by mistake"};
inline const Text kApps{"認めていないアプリに、会社の情報を渡さないため",
                        "so that no app gets the firm's information unapproved"};
inline const Text kDevice{"会社の目の届かない端末に、情報を残さないため",
                          "so that no information stays on devices that nobody looks after"};
inline const Text kShare{"知らないうちに、社外へ情報が出ないようにするため",
                         "so that no information leaves unnoticed"};
inline const Text kMail{"危ないメールやファイルが届きにくくするため",
                        "so that dangerous email and files are kept out"};
inline const Text kForward{"乗っ取られたアカウントから、メールが漏れ続けないようにするため",
                           "so that email doesn't flow out of a stolen account"};
inline const Text kNotice{"乗っ取りや変更に、早く気付くため",
                          "so that takeovers and changes are noticed early"};
inline const Text kMeeting{"知らない人が、会議に紛れ込まないようにするため",
                           "so that no stranger slips into a meeting"};
inline const Text kRecording{"会議の中身が、思わぬ所に残らないようにするため",
                             "so that what was said in a meeting stays nowhere unexpected"};

/// Where a published baseline asks for the same: "CISA MS.AAD.3.2v2"; empty where it is ours alone.
std::string_view setting_source(std::string_view item);

}  // namespace sekisho
