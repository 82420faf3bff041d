// SPDX-License-Identifier: Apache-2.0
#include "collect/cloud/setting_guide.h"

#include <algorithm>
#include <map>
#include <ranges>
#include <set>

#include "collect/cloud/setting_advice.h"

namespace sekisho {
namespace {

namespace json = boost::json;

const Text kStrangers{"会議番号を知った人が、黙って入れないようにするため",
                      "so that nobody slips in who only knows the meeting's number"};
const Text kBefore{"主催者のいない会議に、知らない人が集まらないようにするため",
                   "so that strangers don't gather while the host is away"};
const Text kGuess{"番号を当てずっぽうに試す人を入れないため",
                  "so that whoever tries numbers at random stays outside"};
const Text kTakeover{"会議を乗っ取られ、見せたくないものを映されないため",
                     "so that nobody takes over the meeting and shows what they like"};
const Text kKept{"録画に残った秘密が、いつまでも漏れる口にならないため",
                 "so that what was said doesn't stay where it can leak for ever"};

SettingGuide zoom_guide() {
  return {
      CloudService::zoom,
      {{"3-3", "zoom.waiting_room", {"待合室をオンにする", "Turn the waiting room on"}, kStrangers},
       {"3-3",
        "zoom.before_host",
        {"主催者より先の参加をオフにする", "Turn joining before the host off"},
        kBefore},
       {"3-4",
        "zoom.meeting_password",
        {"すべての会議にパスコードを付ける", "Have a passcode on every meeting"},
        kGuess},
       {"3-4",
        "zoom.instant_password",
        {"すぐ始める会議にもパスコードを付ける", "Have one on instant meetings too"},
        kGuess},
       {"3-4",
        "zoom.pmi_password",
        {"個人の会議室にもパスコードを付ける", "Have one on personal rooms too"},
        kGuess},
       {"3-4",
        "zoom.phone_password",
        {"電話の人にもパスコードを求める", "Ask for it by phone too"},
        kGuess},
       {"3-4",
        "zoom.passcode_length",
        {"6 文字以上にし、数字だけにしない", "Six characters or more, and not digits alone"},
        kGuess},
       {"3-4",
        "zoom.locked",
        {"待合室とパスコードの設定に鍵を掛ける", "Lock the waiting room and the passcode"},
        {"使う人が外せないようにするため", "so that nobody undoes them"}},
       {"3-5",
        "zoom.share",
        {"画面の共有を「ホストのみ」にする", "Let only the host share the screen"},
        kTakeover},
       {"3-5",
        "zoom.remote_control",
        {"遠隔操作をオフにする", "Turn remote control off"},
        kTakeover},
       {"8-5",
        "zoom.recording",
        {"録画にパスコードか、120 日までの期限を付ける",
         "Give recordings a passcode, or an end within 120 days"},
        kKept}}};
}

SettingGuide webex_guide() {
  return {CloudService::webex,
          {{"3-3", "webex.login", {"サインインを求める", "Demand sign-in"}, kStrangers},
           {"3-3",
            "webex.before_host",
            {"主催者より先の参加をオフにする", "Turn joining before the host off"},
            kBefore},
           {"3-4",
            "webex.password",
            {"8 文字以上の強いパスワードを求める", "Demand a strong password of eight characters"},
            kGuess},
           {"3-4", "webex.unlisted", {"会議を一覧に出さない", "List no meetings"}, kGuess},
           {"3-5",
            "webex.first_presenter",
            {"最初の参加者を発表者にしない", "Don't make the first to join the presenter"},
            kTakeover},
           {"8-5",
            "webex.recording",
            {"録画にパスワードと期限を付ける（画面で確かめる）",
             "Give recordings a password and an end (see its page)"},
            kKept}}};
}

SettingGuide teams_guide() {
  return {
      CloudService::teams,
      {{"3-3",
        "teams.lobby",
        {"ロビーを通らずに入れる人を、社内の人までにする", "Let only colleagues skip the lobby"},
        kStrangers},
       {"3-3",
        "teams.anon_start",
        {"知らない人による会議の開始をオフにする", "Let no stranger start a meeting"},
        kBefore},
       {"3-3",
        "teams.pstn",
        {"電話の人もロビーで待たせる", "Let who joins by phone wait too"},
        kStrangers},
       {"3-4",
        "teams.anon_join",
        {"知らない人は、ロビーで確かめてから入れる（会議のリンクが鍵になるため）",
         "Let strangers in only by the lobby, as a meeting's link is its key"},
        kGuess},
       {"3-5",
        "teams.control",
        {"社外の人による操作をオフにする", "Let no outsider take control"},
        kTakeover},
       {"3-5",
        "teams.present",
        {"発表できる人を、初めは主催者にする", "Let only organisers present at first"},
        kTakeover},
       {"3-5",
        "teams.chat_anon",
        {"会議のチャットを、知らない人には見せない", "Keep the chat from strangers"},
        kTakeover},
       {"8-5",
        "teams.recording",
        {"録画をオフにするか、120 日までの期限を付ける",
         "Turn recording off, or end recordings within 120 days"},
        kKept}}};
}

SettingGuide meet_guide() {
  return {CloudService::google,
          {{"3-3",
            "google.meet_join",
            {"会議へのアクセスを「信頼できる」か「制限付き」にする",
             "Make access \"Trusted\" or \"Restricted\""},
            kStrangers},
           {"3-4",
            "google.meet_join",
            {"同じ設定で、リンクだけでは入れないようにする（Meet にパスコードはない）",
             "By the same, a link alone lets nobody in, as Meet has no passcodes"},
            kGuess},
           {"3-4",
            "google.calendar",
            {"予定の中身（会議のリンク）を社外に見せない",
             "Show outsiders no contents of calendars, with links in them"},
            kGuess},
           {"3-5",
            "google.meet_host",
            {"主催者の管理機能をオンにする", "Turn host management on"},
            kTakeover},
           {"8-5",
            "google.meet_record",
            {"自動の録画をオフにする", "Turn automatic recording off"},
            kKept}}};
}

json::object text_of(const Text& text) { return {{"ja", text.ja}, {"en", text.en}}; }

using AdviceByItem = std::map<std::string_view, SettingAdvice>;

const AdviceByItem& advice() {
  static const AdviceByItem all = [] {
    AdviceByItem by_item;
    for (const auto& some : {microsoft_advice(), google_advice(), service_advice()})
      for (const SettingAdvice& one : some) by_item.emplace(one.item, one);
    return by_item;
  }();
  return all;
}

/// Google's items of Meet have a guide of their own.
bool is_of_meet(const CloudItem& item) { return item.id.starts_with("google.meet_"); }

/// The handbook's lines first, then what else there is: the severe before the others.
std::vector<ServiceGuideLine> lines_of(const CloudChecks& checks, const SettingGuide* handbook,
                                       const std::function<bool(const CloudItem&)>& is_of) {
  std::vector<ServiceGuideLine> lines;
  std::set<std::string_view> there;
  if (handbook != nullptr)
    for (const GuideLine& line : handbook->lines)
      if (const CloudItem* item = cloud_item(line.item)) {
        there.insert(item->id);
        lines.push_back({item, line.handbook, line.set, line.why, setting_source(item->id)});
      }
  for (const bool severe : {true, false})
    for (const CloudItem& item : cloud_items()) {
      const auto found = advice().find(item.id);
      if (item.severe != severe || !is_of(item) || there.contains(item.id) ||
          found == advice().end())
        continue;
      const CheckSpec* check = checks.check(item.check);
      const Text& why =
          found->second.why.ja.empty() && check != nullptr ? check->why : found->second.why;
      lines.push_back({&item, {}, found->second.set, why, setting_source(item.id)});
    }
  return lines;
}

}  // namespace

const std::vector<SettingGuide>& setting_guides() {
  static const std::vector<SettingGuide> all{zoom_guide(), webex_guide(), teams_guide(),
                                             meet_guide()};
  return all;
}

std::vector<ServiceGuide> service_guides(const CloudChecks& checks) {
  std::vector<ServiceGuide> all;
  const SettingGuide* meet = nullptr;
  for (const SettingGuide& guide : setting_guides())
    if (guide.product == CloudService::google) meet = &guide;
  for (const CloudService service : kCloudServices) {
    const auto handbook = std::ranges::find(setting_guides(), service, &SettingGuide::product);
    const bool own = handbook != setting_guides().end() && &*handbook != meet;
    all.push_back({name(service), service, label(service),
                   lines_of(checks, own ? &*handbook : nullptr, [&](const CloudItem& item) {
                     return item.service == service && !is_of_meet(item);
                   })});
    if (service == CloudService::google)
      all.push_back(
          {"meet", service, {"Google Meet", "Google Meet"}, lines_of(checks, meet, is_of_meet)});
  }
  return all;
}

json::array setting_guides_json(const CloudChecks& checks, const ItemVerdict& verdict) {
  json::array guides;
  for (const ServiceGuide& guide : service_guides(checks)) {
    json::array lines;
    std::set<std::string_view> right, open;
    for (const ServiceGuideLine& line : guide.lines) {
      const CloudItem& item = *line.item;
      const std::optional<Verdict> found = verdict(item.id);
      if (found == Verdict::pass) right.insert(item.id);
      if (found == Verdict::fail) open.insert(item.id);
      lines.emplace_back(json::object{
          {"handbook", line.handbook.empty() ? json::value(nullptr) : json::value(line.handbook)},
          {"item", item.id},
          {"check", item.check},
          {"severe", item.severe},
          {"title", text_of(item.title)},
          {"set", text_of(line.set)},
          {"where", text_of(item.where)},
          {"why", text_of(line.why)},
          {"source", line.source},
          {"verdict", found ? json::value(name(*found)) : json::value(nullptr)}});
    }
    guides.emplace_back(json::object{{"id", guide.id},
                                     {"service", name(guide.service)},
                                     {"title", text_of(guide.title)},
                                     {"lines", std::move(lines)},
                                     {"right", right.size()},
                                     {"open", open.size()}});
  }
  return guides;
}

}  // namespace sekisho
