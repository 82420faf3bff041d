// SPDX-License-Identifier: Apache-2.0
// What new files get and which passwords are let through, held against a real session (su, with the
// real pam_umask and shell) and against the real libpwquality.
#include <dlfcn.h>
#include <sys/mount.h>

#include "collect/limits.h"
#include "differential.h"
#include "small_system.h"

namespace sekisho {
namespace {

using enum Verdict;

/// Folders and files of a root put over those of this system, in namespaces of its own.
class Laid {
 public:
  Laid(const TempRoot& root, const std::vector<std::string>& paths) : paths_(paths) {
    for (const std::string& path : paths_)
      ok_ = ok_ && ::mount(root.at(path).c_str(), path.c_str(), nullptr, MS_BIND, nullptr) == 0;
  }
  ~Laid() {
    for (const std::string& path : paths_) ::umount2(path.c_str(), MNT_DETACH);
  }
  Laid(const Laid&) = delete;
  Laid& operator=(const Laid&) = delete;
  bool ok() const { return ok_; }

 private:
  std::vector<std::string> paths_;
  bool ok_ = true;
};

/// Generated settings of new files' rights.
std::vector<File> umask_files(Dice& dice) {
  std::string defs;
  for (int count = dice.below(3); count > 0; --count)
    defs += dice.word({"UMASK 027\n", "UMASK\t077\n", "UMASK 022\n", "# UMASK 077\n", "UMASK=027\n",
                       "  UMASK 077\n", "USERGROUPS_ENAB yes\n", "umask 077\n", "umask 022\n",
                       "UMASK=022\n", "UMASK 0027\n", "UMASK 27\n", "UMASK 026\n"});
  const std::string session = dice.word(
      {"", "", "session optional pam_umask.so\n", "session optional pam_umask.so\n",
       "session optional pam_umask.so umask=027\n", "session optional pam_umask.so umask=0022\n",
       "session optional pam_umask.so usergroups\n", "# session optional pam_umask.so\n",
       "session optional pam_umask.so umask=077 # umask=022\n",
       "session required pam_umask.so silent umask=022\n",
       "session optional pam_umask.so umask=027\nsession optional pam_umask.so\n"});
  // A jump over pam_umask, and a stack that ends before it.
  const std::string before =
      dice.word({"", "", "", "", "session [default=1] pam_permit.so\n",
                 "session sufficient pam_permit.so\n", "session optional pam_permit.so\n"});
  const auto shell = [&] {
    return dice.word({"", "", "", "umask 022\n", "umask 027\n", "umask 077;\n", "# umask 022\n",
                      "if false; then umask 022; fi\n", "[ -n x ] && umask 0022\n"});
  };
  return {{"/etc/login.defs", defs},
          {"/etc/pam.d/common-session",
           before + session + "session required pam_permit.so\nsession required pam_permit.so\n"},
          {"/home/.profile", shell() + dice.word({"", "", ". \"$HOME/.more\"\n", ". $HOME/.more\n",
                                                  "[ -f ~/.more ] && . ~/.more\n"})},
          {"/home/.more", shell()},
          {"/etc/pam.d/su-l",
           "auth sufficient pam_rootok.so\naccount required pam_permit.so\nsession include "
           "common-session\n"},
          {"/etc/profile", "for i in /etc/profile.d/*.sh; do . $i; done\n" + shell()},
          {"/etc/profile.d/a.sh", shell()}};
}

std::string compare_umasks() {
  ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  // The umask of this process reaches the session where nothing sets one; services have 022.
  ::umask(022);
  Dice dice(27);
  int closed = 0;
  Stricter strict;
  const int all = cases(60, 1500);
  for (int i = 0; i < all; ++i) {
    const TempRoot root;
    std::string shown;
    const std::string gecos = dice.word({"", "", "", "Hana,umask=022", "umask=077", ",,umask=027"});
    const std::string passwd =
        "root:x:0:0::/:/bin/sh\nhana:x:1000:1000:" + gecos + ":/home:/bin/sh\n";
    root.add("/etc/passwd|0644", passwd);
    shown += passwd;
    for (const File& file : umask_files(dice)) {
      root.add(file.path + "|0644", file.content);
      shown += "--- " + file.path + "\n" + file.content;
    }
    std::string real;
    {
      const Laid laid(root, {"/etc/passwd", "/etc/login.defs", "/etc/pam.d", "/etc/profile",
                             "/etc/profile.d", "/home"});
      if (!laid.ok()) return "no mount";
      const auto answer = run_process({"/usr/bin/su", "-l", "hana", "-c", "umask"},
                                      {.time = std::chrono::seconds(20)});
      if (!answer || answer->exit_code != 0) return "su: " + (answer ? answer->err : "") + shown;
      real = std::string(trim(answer->out));
    }
    const bool good = !real.empty() && (static_cast<unsigned>(real.back() - '0') & 06U) == 06U;
    const Finding finding = look("umask", root);
    closed += good ? 1 : 0;
    if (!good && finding.verdict == pass)
      return fmt::format("FALSE PASS: the session has {}, {}\n{}", real, finding.fact.en, shown);
    if (!good || finding.verdict == pass) continue;
    // What the shells' files say comes after login.defs.
    const std::string shells = shown.substr(shown.find("--- /etc/profile"));
    if (!strict.note(shells, {{"if false; then umask 022", "umask 022 in a branch not taken"},
                              {"umask 0022", "an open umask that a later line takes back"},
                              {"umask 022\n", "an open umask that a later line takes back"}}) &&
        !strict.note(shown, {{"umask 022\n", "login.defs has the word in both cases"},
                             {"umask 077\n", "login.defs has the word in both cases"},
                             {"umask=022", "an open umask of GECOS that a file takes back"},
                             {"sufficient", "a stack that ends before pam_umask"},
                             {"UMASK 27\n", "a value that isn't read (27)"}}))
      return fmt::format("FALSE FAIL: the session has {}, {}\n{}", real, finding.fact.en, shown);
  }
  strict.print(fmt::format("umask: {} sessions, {} closed, {} judged stricter", all, closed,
                           strict.count()));
  return closed > all / 10 && strict.count() < closed ? "" : "hardly any session is closed";
}

TEST(Umask, IsThatOfARealSession) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can open somebody else's session";
  EXPECT_EQ(in_namespaces(CLONE_NEWNS, compare_umasks), "");
}

/// A part of libpwquality's interface (pwquality.h).
struct Pwquality {
  using Make = void* (*)();
  using Read = int (*)(void*, const char*, void**);
  using Check = int (*)(void*, const char*, const char*, const char*, void**);
  using Free = void (*)(void*);
  Make make;
  Read read;
  Check check;
  Free free;

  static std::optional<Pwquality> load() {
    void* library = ::dlopen("libpwquality.so.1", RTLD_NOW);
    if (library == nullptr) return std::nullopt;
    return Pwquality{reinterpret_cast<Make>(::dlsym(library, "pwquality_default_settings")),
                     reinterpret_cast<Read>(::dlsym(library, "pwquality_read_config")),
                     reinterpret_cast<Check>(::dlsym(library, "pwquality_check")),
                     reinterpret_cast<Free>(::dlsym(library, "pwquality_free_settings"))};
  }

  /// Some password of so many characters, of one kind or of several, is let through. Nothing when
  /// the settings can't be read.
  std::optional<bool> lets_through(std::size_t length) const {
    void* settings = make();
    void* ignored = nullptr;
    if (read(settings, nullptr, &ignored) != 0) {
      free(settings);
      return std::nullopt;
    }
    bool any = false;
    for (const char* text : {"qzjxvkwpmfhgtbdc", "qZj7xVk!wPm3fHgt", "QZJXVKWPMFHGTBDC",
                             "q7Z!j3X?v9K.w2P,", "8!4?7.2,9-6_3+5=", "qzj7xvk3wpm9fhg2"})
      any = any ||
            check(settings, std::string(text, length).c_str(), nullptr, nullptr, &ignored) >= 0;
    free(settings);
    return any;
  }
};

std::string compare_qualities() {
  ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  const auto library = Pwquality::load();
  if (!library) return "no libpwquality";
  Dice dice(12);
  int refused = 0;
  Stricter strict;
  const int all = cases(80, 3000);
  for (int i = 0; i < all; ++i) {
    const TempRoot root;
    std::string shown;
    root.add("/etc/security/pwquality.conf.d/");
    for (const char* path :
         {"/etc/security/pwquality.conf", "/etc/security/pwquality.conf.d/a.conf",
          "/etc/security/pwquality.conf.d/z.conf"}) {
      std::string text;
      for (int count = dice.below(4); count > 0; --count)
        text += dice.word({"minlen = 14\n", "minlen=12\n", "minlen = 9\n", "# minlen = 20\n",
                           "minlen = 10 # or 14\n", "  minlen   =  11\n", "minlen 13\n",
                           "dcredit = 1\n", "ucredit = 2\n", "ocredit = -1\n", "lcredit = 0\n",
                           "minclass = 4\n", "maxrepeat = 3\n", "\n", "minlen = 6\n"});
      // The library's dictionary isn't there on every machine, and would refuse for its own
      // reasons.
      if (path == std::string_view("/etc/security/pwquality.conf")) text += "dictcheck = 0\n";
      root.add(path, text);
      shown += std::string("--- ") + path + "\n" + text;
    }
    root.add("/etc/pam.d/common-password",
             "password requisite pam_pwquality.so retry=3\npassword [success=1 default=ignore] "
             "pam_unix.so use_authtok yescrypt\npassword requisite pam_deny.so\npassword required "
             "pam_permit.so\n");
    std::optional<bool> shorter;
    {
      const Laid laid(root, {"/etc/security"});
      if (!laid.ok()) return "no mount";
      shorter = library->lets_through(kShortestPassword - 1);
    }
    if (!shorter) continue;
    const Finding finding = look("password-quality", root);
    refused += *shorter ? 0 : 1;
    if (*shorter && finding.verdict == pass)
      return "FALSE PASS: a shorter one is let through; " + finding.fact.en + "\n" + shown;
    if (!*shorter && finding.verdict != pass) {
      if (!strict.note(shown, {{"minclass", "minclass refuses, not the length"},
                               {"credit", "credits are taken off together"},
                               {"maxrepeat", "maxrepeat refuses, not the length"}}))
        return "FALSE FAIL: " + finding.fact.en + "\n" + shown;
    }
  }
  strict.print(fmt::format("pwquality: {} settings, {} refuse a shorter one, {} judged stricter",
                           all, refused, strict.count()));
  return refused > all / 10 && strict.count() < refused ? "" : "hardly any setting refuses";
}

TEST(Quality, IsThatOfTheRealLibrary) {
  EXPECT_EQ(in_namespaces(CLONE_NEWNS, compare_qualities), "");
}

}  // namespace
}  // namespace sekisho
