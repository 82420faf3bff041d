// SPDX-License-Identifier: Apache-2.0
// Reads the sections of data/ into the types of guideline.h.
#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "guideline/guideline.h"
#include "guideline/names.h"
#include "guideline/read.h"

namespace sekisho {

Provenance read_provenance(const Node& node) {
  node.only({"source", "confidence"});
  const Provenance from{node.at("source").one_of<Source>(kSources),
                        node.at("confidence").one_of<Confidence>(kConfidences)};
  const bool official = from.source != Source::project;
  if (official && (from.confidence == Confidence::own || from.confidence == Confidence::general))
    node.report("総務省の資料にない内容は source: project でなければなりません。",
                "what no document of the ministry was seen to say must be source: project.");
  return from;
}

Condition read_condition(const Node& node) {
  node.only({"situation", "is"});
  return {node.at("situation").string(), node.at("is").boolean()};
}

namespace {

template <typename T, typename Read>
std::vector<T> read_list(const Node& top, std::string_view section, Read read) {
  std::vector<T> list;
  for (const Node& item : top.at(section).items()) list.push_back(read(item));
  return list;
}

std::vector<std::string> optional_strings(const Node& node, std::string_view key) {
  const auto found = node.find(key);
  return found ? found->strings() : std::vector<std::string>();
}

Provenance provenance_at(const Node& node) { return read_provenance(node.at("from")); }

Point read_point(const Node& node) {
  node.only({"id", "title", "text", "from"});
  return {node.at("id").string(), node.at("title").text(), node.at("text").text(),
          provenance_at(node)};
}

std::vector<std::string> read_kinds(const Node& list) {
  constexpr std::array<std::string_view, 5> kKinds{"debian", "fedora", "suse", "arch", "alpine"};
  std::vector<std::string> kinds = list.strings();
  for (const Node& one : list.items())
    if (std::ranges::find(kKinds, one.string()) == kKinds.end())
      one.report_unknown(one.string(), "debian, fedora, suse, arch, alpine");
  return kinds;
}

Step read_step(const Node& item) {
  Step step;
  const auto kinds = item.find("for");
  if (const auto command = item.find("run")) {
    item.only({"run", "for"});
    step.command = command->string();
  } else if (kinds) {
    item.only({"ja", "en", "for"});
    step.text = {item.at("ja").string(), item.at("en").string()};
  } else {
    step.text = item.text();
  }
  if (kinds) step.kinds = read_kinds(*kinds);
  return step;
}

/// A measure's steps may be those of a check: `{fix: firewall}`. A command stands in one place, and
/// where two checks begin with the same one it is said once.
std::vector<Step> read_steps(const Node& list, const Guideline* checks = nullptr) {
  std::vector<Step> steps;
  for (const Node& item : list.items()) {
    const auto fix = checks == nullptr ? std::nullopt : item.find("fix");
    if (!fix) {
      steps.push_back(read_step(item));
      continue;
    }
    item.only({"fix"});
    const CheckSpec* check = checks->check(fix->string());
    if (check == nullptr)
      fix->report("その確認項目はありません。", "there is no such check.");
    else
      std::ranges::copy_if(check->fix, std::back_inserter(steps), [&](const Step& step) {
        return step.command.empty() || std::ranges::none_of(steps, [&](const Step& said) {
                 return said.command == step.command && said.kinds == step.kinds;
               });
      });
  }
  return steps;
}

Method read_method(const Node& node) {
  node.only({"id", "number", "name", "definition", "intended_use", "typical", "derived", "cautions",
             "grades"});
  Method method;
  method.id = node.at("id").string();
  method.number = static_cast<int>(node.at("number").integer(1, 7));
  method.name = node.at("name").text();
  method.definition = node.at("definition").text();
  method.intended_use = node.at("intended_use").text();
  method.typical = node.at("typical").texts();
  method.derived = read_list<Point>(node, "derived", read_point);
  method.cautions = read_list<Point>(node, "cautions", read_point);
  const Node grades = node.at("grades");
  grades.only({"reproduction", "congestion", "cost", "effort", "control"});
  for (const auto& [name, trait] : kTraitNames) {
    const Node grade = grades.at(name);
    grade.only({"grade", "ja", "en"});
    method.grades.at(static_cast<std::size_t>(trait)) = {
        grade.at("grade").one_of<Grade>(kGrades),
        {grade.at("ja").string(), grade.at("en").string()}};
  }
  return method;
}

char read_letter(const Node& node) {
  const std::string letter = node.string();
  if (letter.size() == 1 && letter[0] >= 'A' && letter[0] <= 'M') return letter[0];
  node.report("対策分類は A から M の一文字です。", "a category is one letter from A to M.");
  return 'A';
}

Category read_category(const Node& node) {
  node.only({"letter", "name", "description"});
  return {read_letter(node.at("letter")), node.at("name").text(), node.at("description").text()};
}

RoleInfo read_role(const Node& node) {
  node.only({"role", "name", "prefix", "ascii_prefix", "duties"});
  return {node.at("role").one_of<Role>(kRoles), node.at("name").text(), node.at("prefix").string(),
          node.at("ascii_prefix").string(), node.at("duties").texts()};
}

PillarInfo read_pillar(const Node& node) {
  node.only({"pillar", "name", "points"});
  return {node.at("pillar").one_of<Pillar>(kPillars), node.at("name").text(),
          node.at("points").texts()};
}

Threat read_threat(const Node& node) {
  node.only({"id", "name", "text", "from"});
  return {node.at("id").string(), node.at("name").text(), node.at("text").text(),
          provenance_at(node)};
}

}  // namespace

CheckSpec read_check(const Node& node) {
  node.only({"id", "asked", "title", "why", "fix", "fix_windows", "fix_darwin", "threats",
             "valid_days", "osquery", "platforms"});
  CheckSpec check;
  check.id = node.at("id").string();
  if (const auto asked = node.find("asked")) check.asked = asked->boolean();
  check.title = node.at("title").text();
  check.why = node.at("why").text();
  check.fix = read_steps(node.at("fix"));
  if (const auto steps = node.find("fix_windows")) check.fix_windows = read_steps(*steps);
  if (const auto steps = node.find("fix_darwin")) check.fix_darwin = read_steps(*steps);
  check.threats = node.at("threats").strings();
  if (const auto days = node.find("valid_days"))
    check.valid_for = std::chrono::days(days->integer(1, 3650));
  if (const auto platforms = node.find("platforms"))
    for (const Node& one : platforms->items()) {
      const std::string name = one.string();
      if (name != "windows" && name != "darwin" && name != "linux" && name != "mobile" &&
          name != "appliance")
        one.report_unknown(name, "windows, darwin, linux, mobile, appliance");
      check.platforms.push_back(name);
    }
  if (const auto queries = node.find("osquery")) {
    queries->only({"windows", "darwin", "linux"});
    for (const auto& [platform, query] : queries->entries())
      check.osquery[platform] = query.string();
  }
  return check;
}

namespace {

void read_requirement(const Node& node, Requirement& into) {
  into.id = node.at("id").string();
  into.ascii = into.id;
  into.text = node.at("text").text();
  into.importance = node.at("importance").one_of<Degree>(kDegrees);
  into.difficulty = node.at("difficulty").one_of<Degree>(kDegrees);
  into.threats = node.at("threats").strings();
  into.checks = optional_strings(node, "checks");
  if (const auto condition = node.find("condition")) into.condition = read_condition(*condition);
  into.from = provenance_at(node);
}

/// Of "B-3" and, without a dash, "B3".
bool is_numbered(std::string_view rest, std::string_view dash) {
  return !rest.empty() && rest[0] >= 'A' && rest[0] <= 'M' && rest.substr(1).starts_with(dash) &&
         whole_number(rest.substr(1 + dash.size())) > 0;
}

/// An id of the ministry's form (管理者C-2), with who writes it so.
const RoleInfo* ministry_role(const std::vector<RoleInfo>& roles, std::string_view id) {
  for (const RoleInfo& role : roles)
    if (!role.prefix.empty() && id.starts_with(role.prefix) &&
        is_numbered(id.substr(role.prefix.size()), "-"))
      return &role;
  return nullptr;
}

std::string written_in_ascii(const RoleInfo& role, std::string_view id) {
  return fmt::format("{}-{}", role.ascii_prefix, id.substr(role.prefix.size()));
}

/// Role and category are in the id: SK-admin-B3 is Sekisho's, 管理者C-2 the ministry's.
void place_measure(const Node& node, const std::vector<RoleInfo>& roles, Measure& measure) {
  const auto place = [&](const RoleInfo& role, char letter) {
    measure.role = role.role;
    measure.category = letter;
  };
  for (const RoleInfo& role : roles) {
    const std::string own = fmt::format("SK-{}-", role.ascii_prefix);
    if (!measure.id.starts_with(own)) continue;
    const std::string_view rest = std::string_view(measure.id).substr(own.size());
    if (is_numbered(rest, "")) return place(role, rest[0]);
  }
  if (const RoleInfo* role = ministry_role(roles, measure.id)) {
    measure.ascii = written_in_ascii(*role, measure.id);
    return place(*role, measure.id[role->prefix.size()]);
  }
  node.report("対策の番号は「SK-admin-B3」か、総務省の番号「管理者C-2」の形です。",
              "a measure's id has the form SK-admin-B3, or 管理者C-2 of the ministry.");
}

/// The ministry's number, where an organisation tells it, and the id that it had before.
void read_other_ids(const Node& node, const std::vector<RoleInfo>& roles, Measure& measure) {
  const auto ministry = [&](const Node& id) -> const RoleInfo* {
    const RoleInfo* role = ministry_role(roles, id.string());
    if (role == nullptr)
      id.report("総務省の番号は「管理者B-3」の形です。",
                "a number of the ministry has the form 管理者B-3.");
    return role;
  };
  if (const auto former = node.find("former"))
    if (const RoleInfo* role = ministry(*former))
      measure.former = {former->string(), written_in_ascii(*role, former->string())};
  if (const auto official = node.find("official"))
    if (const RoleInfo* role = ministry(*official)) {
      measure.id = official->string();
      measure.role = role->role;
      measure.category = measure.id[role->prefix.size()];
    }
}

/// A measure brings its own question under `ask`, which becomes a check of its own.
Measure read_measure(const Node& node, Guideline& guideline) {
  node.only({"id", "former", "official", "importance", "difficulty", "pillar", "from", "text",
             "threats", "methods", "condition", "steps", "checks", "clouds", "ask", "handbook"});
  Measure measure;
  read_requirement(node, measure);
  place_measure(node, guideline.roles, measure);
  read_other_ids(node, guideline.roles, measure);
  measure.pillar = node.at("pillar").one_of<Pillar>(kPillars);
  measure.steps = read_steps(node.at("steps"), &guideline);
  measure.handbook = optional_strings(node, "handbook");
  measure.methods = optional_strings(node, "methods");
  if (measure.methods.empty())
    for (const Method& method : guideline.methods) measure.methods.push_back(method.id);
  if (const auto ask = node.find("ask")) {
    ask->only({"ja", "en", "parts", "valid_days"});
    CheckSpec question;
    question.id = "ask-" + measure.ascii;
    question.asked = true;
    question.title = {ask->at("ja").string(), ask->at("en").string()};
    if (const auto parts = ask->find("parts")) {
      question.parts = parts->texts();
      if (question.parts.size() < 2 || question.parts.size() > 9)
        parts->report("二つから九つの部分にしてください。", "give two to nine parts.");
    }
    question.why = measure.text;
    question.fix = measure.steps;
    question.threats = measure.threats;
    const auto days = ask->find("valid_days");
    question.valid_for = std::chrono::days(days ? days->integer(1, 3650) : 365);
    measure.checks.push_back(question.id);
    guideline.checks.push_back(std::move(question));
  }
  if (measure.checks.empty())
    node.report("確かめる方法（checks か ask）がありません。", "it has no checks and no ask.");
  if (measure.steps.empty()) node.report("手順がありません。", "it has no steps.");
  return measure;
}

HandbookItem read_handbook_item(const Node& node) {
  node.only({"id", "letter", "category", "priority", "importance", "difficulty", "threats", "text",
             "condition", "not_applicable_when", "why", "checks", "clouds", "from"});
  HandbookItem item;
  read_requirement(node, item);
  item.category = read_letter(node.at("letter"));
  item.category_name = node.at("category").text();
  item.stated = node.at("priority").one_of<Priority>(kPriorities);
  if (const auto when = node.find("not_applicable_when")) item.not_applicable_when = when->text();
  item.why = node.at("why").text();
  if (item.checks.empty()) node.report("確かめる方法がありません。", "it has no checks.");
  if (item.stated != item.priority())
    node.report("優先度が重要度×難易度の表と合いません。",
                "its priority disagrees with the matrix of importance and difficulty.");
  return item;
}

Incident read_incident(const Node& node) {
  node.only({"number", "title", "happened", "lesson", "threats", "measures", "from", "mapping"});
  return {static_cast<int>(node.at("number").integer(1, 99)),
          node.at("title").text(),
          node.at("happened").text(),
          node.at("lesson").text(),
          node.at("threats").strings(),
          node.at("measures").strings(),
          provenance_at(node),
          read_provenance(node.at("mapping"))};
}

void read_counts(const Node& node, SurveyClass& into) {
  into.n = static_cast<int>(node.at("n").integer(1, 1'000'000));
  into.out_of_support = static_cast<int>(node.at("out_of_support").integer(0, into.n));
}

SurveyClass read_survey_class(const Node& node) {
  node.only({"id", "name", "n", "out_of_support"});
  SurveyClass one{node.at("id").string(), node.at("name").text(), 0, 0};
  read_counts(node, one);
  return one;
}

Survey read_survey(const Node& node) {
  node.only({"from", "all", "industries", "sizes"});
  Survey survey{provenance_at(node), {}, {}, {}};
  read_counts(node.at("all"), survey.all);
  for (const Node& one : node.at("industries").items())
    survey.industries.push_back(read_survey_class(one));
  for (const Node& one : node.at("sizes").items()) survey.sizes.push_back(read_survey_class(one));
  return survey;
}

Term read_term(const Node& node) {
  node.only({"id", "term", "text", "also"});
  return {node.at("id").string(), node.at("term").text(), node.at("text").text(),
          optional_strings(node, "also")};
}

/// A list of {vendor, product}; empty where there is none.
std::vector<std::pair<std::string, std::string>> read_products(const Node& node,
                                                               std::string_view key) {
  std::vector<std::pair<std::string, std::string>> list;
  if (const auto products = node.find(key))
    for (const Node& pair : products->items()) {
      pair.only({"vendor", "product"});
      list.emplace_back(pair.at("vendor").string(), pair.at("product").string());
    }
  return list;
}

VersionForms read_versions(const Node& node) {
  VersionForms versions;
  const auto found = node.find("versions");
  if (!found) return versions;
  found->only({"example", "forms", "lines", "aside", "editions", "in_name"});
  if (const auto example = found->find("example")) versions.example = example->string();
  versions.forms = found->at("forms").strings();
  versions.lines = optional_strings(*found, "lines");
  versions.aside = optional_strings(*found, "aside");
  versions.editions = optional_strings(*found, "editions");
  if (const auto in_name = found->find("in_name")) versions.in_name = in_name->boolean();
  return versions;
}

std::vector<ProgramProduct> read_program_products(const Node& node) {
  std::vector<ProgramProduct> list;
  const auto products = node.find("cpe");
  if (!products) return list;
  for (const Node& one : products->items()) {
    one.only({"vendor", "product", "edition", "when"});
    const auto optional = [&](const char* key) {
      const auto found = one.find(key);
      return found ? found->string() : std::string();
    };
    list.push_back({one.at("vendor").string(), one.at("product").string(), optional("edition"),
                    optional("when")});
  }
  return list;
}

Software read_software(const Node& node) {
  node.only({"id", "name", "group", "packages", "files", "makers", "eol", "dated_by_name", "renews",
             "exploited_as", "programs", "cpe", "versions"});
  Software software;
  software.id = node.at("id").string();
  software.name = node.at("name").text();
  software.group = node.at("group").string();
  software.packages = optional_strings(node, "packages");
  software.files = optional_strings(node, "files");
  software.makers = optional_strings(node, "makers");
  if (const auto eol = node.find("eol")) software.eol_product = eol->string();
  if (const auto dated = node.find("dated_by_name")) software.dated_by_name = dated->boolean();
  if (const auto renews = node.find("renews")) software.renews = renews->string();
  software.exploited_as = read_products(node, "exploited_as");
  software.programs = optional_strings(node, "programs");
  software.cpe = read_program_products(node);
  software.versions = read_versions(node);
  if (software.packages.empty() && software.programs.empty())
    node.report("packages か programs が必要です。", "packages or programs is needed.");
  return software;
}

Appliance read_appliance(const Node& node) {
  node.only({"id", "name", "vpn", "system", "eol", "cpe", "exploited_as", "signs", "models",
             "versions", "look_under"});
  Appliance one{node.at("id").string(),
                node.at("name").text(),
                node.at("vpn").boolean(),
                node.at("system").string(),
                {},
                read_products(node, "cpe"),
                read_products(node, "exploited_as"),
                optional_strings(node, "signs"),
                {},
                read_versions(node),
                {}};
  if (const auto place = node.find("look_under")) one.look_under = place->text();
  if (const auto eol = node.find("eol")) one.eol_product = eol->string();
  if (const auto models = node.find("models")) {
    models->only({"example", "cpe", "exploited_vendor", "prefixes"});
    const auto vendor = models->find("exploited_vendor");
    one.models = {models->at("example").string(), read_products(*models, "cpe"),
                  vendor ? vendor->string() : std::string(), optional_strings(*models, "prefixes")};
  }
  return one;
}

OperatingSystem read_system(const Node& node) {
  node.only({"id", "name", "eol", "extended_is_free"});
  return {node.at("id").string(), node.at("eol").string(), node.at("name").text(),
          node.at("extended_is_free").boolean()};
}

void link_handbook(Guideline& guideline) {
  for (Measure& measure : guideline.measures)
    measure.priority_stated = std::ranges::any_of(measure.handbook, [&](const std::string& id) {
      const HandbookItem* item = guideline.handbook_item(id);
      return item != nullptr && item->stated == measure.priority();
    });
  for (HandbookItem& item : guideline.handbook)
    for (const Measure& measure : guideline.measures)
      if (std::ranges::find(measure.handbook, item.id) != measure.handbook.end())
        item.measures.push_back(measure.id);
}

template <typename List, typename Match>
auto find_in(const List& list, Match match) -> decltype(list.data()) {
  const auto found = std::ranges::find_if(list, match);
  return found == list.end() ? nullptr : &*found;
}

}  // namespace

Guideline read_guideline(const Document& document, std::vector<Error>& problems) {
  const Node top(document, problems);
  top.only({"notice",     "overlay",        "methods",        "traits",      "categories",
            "roles",      "pillars",        "threats",        "measures",    "handbook",
            "incidents",  "cloud_benefits", "cloud_cautions", "perimeter",   "zero_trust",
            "wifi_users", "wifi_providers", "glossary",       "checks",      "situations",
            "questions",  "flow",           "flow_from",      "software",    "systems",
            "appliances", "own_devices",    "responses",      "survey",      "contacts",
            "duty",       "limits",         "wifi_notice",    "cloud_checks"});
  Guideline g;
  g.notice = top.at("notice").text();
  g.wifi_notice = top.at("wifi_notice").text();
  if (const auto overlay = top.find("overlay")) g.overlay = overlay->text();
  g.traits = read_list<TraitInfo>(top, "traits", [](const Node& node) {
    node.only({"trait", "name"});
    return TraitInfo{node.at("trait").one_of<Trait>(kTraitNames), node.at("name").text()};
  });
  g.methods = read_list<Method>(top, "methods", read_method);
  g.categories = read_list<Category>(top, "categories", read_category);
  g.roles = read_list<RoleInfo>(top, "roles", read_role);
  g.pillars = read_list<PillarInfo>(top, "pillars", read_pillar);
  g.threats = read_list<Threat>(top, "threats", read_threat);
  g.checks = read_list<CheckSpec>(top, "checks", read_check);
  g.measures =
      read_list<Measure>(top, "measures", [&g](const Node& node) { return read_measure(node, g); });
  g.handbook = read_list<HandbookItem>(top, "handbook", read_handbook_item);
  g.incidents = read_list<Incident>(top, "incidents", read_incident);
  g.responses = read_list<Response>(top, "responses", read_response);
  g.contacts = read_list<Contact>(top, "contacts", read_contact);
  g.duty = read_duty(top.at("duty"));
  g.limits = read_list<Limit>(top, "limits", read_limit);
  g.survey = read_survey(top.at("survey"));
  g.cloud_benefits = read_list<Point>(top, "cloud_benefits", read_point);
  g.cloud_cautions = read_list<Point>(top, "cloud_cautions", read_point);
  g.perimeter = read_list<Point>(top, "perimeter", read_point);
  g.zero_trust = read_list<Point>(top, "zero_trust", read_point);
  g.wifi_users = read_list<Point>(top, "wifi_users", read_point);
  g.wifi_providers = read_list<Point>(top, "wifi_providers", read_point);
  g.glossary = read_list<Term>(top, "glossary", read_term);
  g.software = read_list<Software>(top, "software", read_software);
  g.appliances = read_list<Appliance>(top, "appliances", read_appliance);
  g.own_devices = top.at("own_devices").texts();
  g.systems = read_list<OperatingSystem>(top, "systems", read_system);
  read_flowchart(top, g);
  link_handbook(g);
  if (problems.empty()) check_references(document, g, problems);
  (void)read_cloud_checks(top);  // kept by load_cloud_checks
  return g;
}

const Method* Guideline::method(std::string_view id) const {
  return find_in(methods,
                 [id](const Method& m) { return m.id == id || std::to_string(m.number) == id; });
}
const Category& Guideline::category(char letter) const {
  return categories.at(static_cast<std::size_t>(letter - 'A'));
}
const RoleInfo& Guideline::role(Role role) const {
  return roles.at(static_cast<std::size_t>(role));
}
const Threat* Guideline::threat(std::string_view id) const {
  return find_in(threats, [id](const Threat& t) { return t.id == id; });
}
const Measure* Guideline::measure(std::string_view id) const {
  const std::string wanted = lower(id);
  const Measure* now = find_in(measures, [&](const Measure& m) {
    return lower(m.id) == wanted || lower(m.ascii) == wanted;
  });
  if (now != nullptr) return now;
  return find_in(measures, [&](const Measure& m) {
    return std::ranges::any_of(m.former, [&](const std::string& f) { return lower(f) == wanted; });
  });
}
const HandbookItem* Guideline::handbook_item(std::string_view id) const {
  return find_in(handbook, [id](const HandbookItem& h) { return h.id == id; });
}
const CheckSpec* Guideline::check(std::string_view id) const {
  const auto named = [this](std::string_view wanted) {
    return find_in(checks, [wanted](const CheckSpec& c) { return c.id == wanted; });
  };
  constexpr std::string_view kAsk = "ask-";
  if (const CheckSpec* found = named(id); found != nullptr || !id.starts_with(kAsk)) return found;
  const Measure* asks = measure(id.substr(kAsk.size()));
  return asks == nullptr ? nullptr : named(fmt::format("{}{}", kAsk, asks->ascii));
}
const Software* software_of_program(const std::vector<Software>& software, std::string_view name) {
  return find_in(software, [name](const Software& one) {
    return std::ranges::any_of(one.programs, [name](std::string_view program) {
      const bool any_rest = program.ends_with('*');
      if (any_rest) program.remove_suffix(1);
      return any_rest ? name.starts_with(program) : name == program;
    });
  });
}
std::vector<ProgramProduct> Software::cpe_of(std::string_view program) const {
  const std::string listed = lower(program);
  std::vector<ProgramProduct> particular;
  std::vector<ProgramProduct> others;
  for (const ProgramProduct& one : cpe)
    if (one.when.empty())
      others.push_back(one);
    else if (listed.contains(lower(one.when)))
      particular.push_back(one);
  return particular.empty() ? others : particular;
}

const Appliance* Guideline::appliance(std::string_view id) const {
  return find_in(appliances, [id](const Appliance& one) { return one.id == id; });
}
const Incident* Guideline::incident(int number) const {
  return find_in(incidents, [number](const Incident& i) { return i.number == number; });
}
const Response* Guideline::response(std::string_view id) const {
  return find_in(responses, [id](const Response& r) { return r.id == id; });
}
const Limit* Guideline::limit(std::string_view id) const {
  return find_in(limits, [id](const Limit& one) { return one.id == id; });
}
const DutyQuestion* Duty::question(std::string_view id) const {
  return find_in(questions, [id](const DutyQuestion& one) { return one.id == id; });
}
const Situation* Guideline::situation(std::string_view id) const {
  return find_in(situations, [id](const Situation& s) { return s.id == id; });
}

}  // namespace sekisho
