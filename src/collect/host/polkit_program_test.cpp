// SPDX-License-Identifier: Apache-2.0
// polkit's rules are JavaScript: what we call plain is run by an engine of JavaScript, with all
// that could be asked of it, and must never let anything through.
#include <boost/json.hpp>

#include "collect/host/polkit.h"
#include "differential.h"
#include "small_system.h"

namespace sekisho {
namespace {

/// Runs each file of the list of its second argument; prints 1 for each that lets something
/// through, and 2 for each that makes somebody an administrator who stands nowhere in it.
constexpr const char* kEngine = R"js(
const vm = require('vm');
const out = [];
for (const code of JSON.parse(require('fs').readFileSync(process.argv[1], 'utf8'))) {
  const rules = [], administrators = [];
  const Result = { NO: 'no', YES: 'yes', AUTH_SELF: 'auth_self', AUTH_SELF_KEEP: 'auth_self_keep',
    AUTH_ADMIN: 'auth_admin', AUTH_ADMIN_KEEP: 'auth_admin_keep', NOT_HANDLED: null };
  const polkit = { Result, addRule: (f) => rules.push(f), addAdminRule: (f) => administrators.push(f),
    log() {}, spawn: () => 'yes' };
  let said = 0;
  const world = vm.createContext({ polkit });
  try { vm.runInContext(code, world, { timeout: 100 }); } catch {}
  for (const id of ['org.freedesktop.policykit.exec', 'org.x.y', 'yes', '/'])
    for (const user of ['hana', 'root', 'yes'])
      for (const local of [true, false]) {
        const action = { id, lookup: () => 'yes', toString: () => 'yes' };
        const subject = { user, local, active: local, groups: [user], session: 'yes', seat: 'yes',
          pid: 7, isInGroup: (g) => g === 'ops' || local, isInNetGroup: () => local };
        for (const rule of rules) {
          let answer;
          try { answer = rule(action, subject); } catch { answer = 'no'; }
          if (['yes', 'auth_self', 'auth_self_keep'].includes(String(answer))) said |= 1;
        }
        for (const rule of administrators) {
          let answer;
          try { answer = rule(action, subject); } catch {}
          for (const who of Array.isArray(answer) ? answer : [])
            if (!code.includes(String(who))) said |= 2;
        }
      }
  out.push(said);
}
console.log(out.join(' '));
)js";

std::string answer(Dice& dice) {
  return dice.word({"polkit.Result.NO",
                    "polkit.Result.NO",
                    "polkit.Result.AUTH_ADMIN",
                    "polkit.Result.AUTH_ADMIN",
                    "polkit.Result.AUTH_ADMIN_KEEP",
                    "polkit.Result.NOT_HANDLED",
                    "polkit.Result.YES",
                    "polkit.Result.AUTH_SELF",
                    "polkit.Result['Y' + 'ES']",
                    "polkit.Result.NO || 'yes'",
                    "'no'",
                    "\"auth_admin\"",
                    "'yes'",
                    "'\\x79es'",
                    "`yes`",
                    "`${'y'}es`",
                    "'y' + 'es'",
                    "local ? polkit.Result.YES : 'no'",
                    "a.lookup('x')",
                    "action.id",
                    "polkit.spawn(['true'])",
                    "subject.session",
                    "x",
                    "null",
                    "undefined",
                    "",
                    "['unix-group:sudo']",
                    "['unix-user:hana', \"unix-group:ops\"]",
                    "['unix-user:' + 'ume']",
                    "['unix-group:sudo'].concat('unix-user:' + subject.user)"});
}

std::string statement(Dice& dice, int depth) {
  const std::string condition =
      dice.word({"subject.isInGroup('ops')", "action.id == 'org.x.y'", "subject.local",
                 "subject.user === \"hana\" && subject.active", "action.id.indexOf('org') == 0",
                 "action.id.match(/^org\\/*/)", "action.id.match(/[/*]x/)", "/\\//.test(action.id)",
                 "!subject.local", "true", "polkit.spawn(['id'])"});
  switch (dice.below(depth > 2 ? 3 : 9)) {
    case 0:
    case 1: return "return " + answer(dice) + dice.word({";", ";", "\n"});
    case 2:
      return dice.word({"var x = 'yes';", "let x = polkit.Result.NO;", "x = polkit.Result.YES;",
                        "polkit.log('seen');", "polkit.Result.NO = 'yes';", "// return 'yes';\n",
                        "/* YES */", "polkit.log(\"it's \" + action.id);", "var Result = 1;",
                        "polkit.addRule = polkit.log;", "delete polkit.Result;"});
    case 3:
    case 4: return "if (" + condition + ") { " + statement(dice, depth + 1) + " }";
    case 5: return "if (" + condition + ") " + statement(dice, depth + 1);
    case 6:
      return "if (" + condition + ") {" + statement(dice, depth + 1) + "} else {" +
             statement(dice, depth + 1) + "}";
    default: return statement(dice, depth + 1) + " " + statement(dice, depth + 1);
  }
}

std::string rules(Dice& dice) {
  std::string code = dice.word({"", "", "// Ours.\n", "var x = 'yes';\n", "var p = polkit;\n",
                                "function f(action, subject) { return 'yes'; }\n",
                                "this.x = polkit.Result.YES;\n"});
  for (int i = 1 + dice.below(2); i > 0; --i) {
    const std::string add = dice.word({"polkit.addRule", "polkit.addRule", "polkit.addRule",
                                       "polkit.addAdminRule", "polkit['addRule']", "p.addRule"});
    const std::string body = "{ " + statement(dice, 0) + " }";
    code += add + "(" +
            dice.word({"function(action, subject) ", "function(action, subject) ",
                       "function (action, subject) ", "function named(action, subject) ",
                       "(action, subject) => ", "function(action, subject, polkit) "}) +
            body + ");\n";
    if (dice.once_in(12))
      code += add + "(" + dice.word({"f", "String", "x", "polkit.log"}) + ");\n";
    if (dice.once_in(12)) code += add + "((a, s) => " + answer(dice) + ");\n";
  }
  return code;
}

TEST(Polkit, WhatIsPlainLetsNothingThroughWhenItIsRun) {
  if (!std::filesystem::exists("/usr/bin/node")) GTEST_SKIP() << "no engine of JavaScript here";
  Dice dice(17);
  std::vector<std::string> files;
  boost::json::array list;
  for (int i = 0; i < cases(3000, 40'000); ++i) {
    files.push_back(rules(dice));
    list.emplace_back(files.back());
  }
  const TempRoot root;
  root.add("/rules.json", boost::json::serialize(list));
  const auto run = run_process({"/usr/bin/node", "-e", kEngine, root.at("/rules.json").string()},
                               {.time = std::chrono::minutes(10)});
  ASSERT_TRUE(run && run->exit_code == 0) << (run ? run->err : "node didn't end");
  const auto said = words(std::string_view(run->out));
  ASSERT_EQ(said.size(), files.size());
  int plain = 0;
  int harmful = 0;
  int harmless_but_open = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::string code = polkit_code(files[i]);
    const std::int64_t real = whole_number(said[i]);
    harmful += real != 0 ? 1 : 0;
    if (plain_polkit(code, false)) {
      ++plain;
      EXPECT_EQ(real, 0) << files[i];
    } else if (real == 0) {
      ++harmless_but_open;
    }
    if (plain_polkit(code, true)) {
      EXPECT_EQ(real & 2, 0) << files[i];
    }
  }
  EXPECT_GT(plain, 50);
  EXPECT_GT(harmful, 500);
  if (cases(0, 1) == 1)
    fmt::print(stderr, "polkit: {} files, {} plain, {} let something through, {} left open\n",
               files.size(), plain, harmful, harmless_but_open);
}

}  // namespace
}  // namespace sekisho
