#include "collect/cloud/setting_guide.h"

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
      {"Zoom の設定", "Setting up Zoom"},
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
          {"Webex の設定", "Setting up Webex"},
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
      {"Teams の設定", "Setting up Teams"},
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
          {"Google Meet の設定", "Setting up Google Meet"},
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

}  // namespace

const std::vector<SettingGuide>& setting_guides() {
  static const std::vector<SettingGuide> all{zoom_guide(), webex_guide(), teams_guide(),
                                             meet_guide()};
  return all;
}

json::array setting_guides_json(const ItemVerdict& verdict) {
  json::array guides;
  for (const SettingGuide& guide : setting_guides()) {
    json::array lines;
    std::int64_t right = 0, open = 0;
    for (const GuideLine& line : guide.lines) {
      const CloudItem* item = cloud_item(line.item);
      if (item == nullptr) continue;
      const std::optional<Verdict> found = verdict(line.item);
      if (found == Verdict::pass || found == Verdict::not_applicable) ++right;
      if (found == Verdict::fail) ++open;
      lines.emplace_back(
          json::object{{"handbook", line.handbook},
                       {"item", line.item},
                       {"title", text_of(item->title)},
                       {"set", text_of(line.set)},
                       {"where", text_of(item->where)},
                       {"why", text_of(line.why)},
                       {"verdict", found ? json::value(name(*found)) : json::value(nullptr)}});
    }
    guides.emplace_back(json::object{{"product", name(guide.product)},
                                     {"title", text_of(guide.title)},
                                     {"lines", std::move(lines)},
                                     {"right", right},
                                     {"open", open}});
  }
  return guides;
}

}  // namespace sekisho
