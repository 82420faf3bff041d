// SPDX-License-Identifier: Apache-2.0
// The style sheet of pages that stand alone.
#pragma once

#include <string_view>

namespace sekisho {

inline constexpr std::string_view kStyleSheet = R"css(
:root{color-scheme:light dark;--bg:#f7f7f4;--card:#fff;--ink:#1d2329;--soft:#5b6670;--line:#d9dcd8;--accent:#1f5f8b;
--good:#1c7a43;--bad:#b3261e;--warn:#8a5a00;--none:#525d66;--open:#3d5270;--good-bg:#e3f2e8;--bad-bg:#fbe6e4;--warn-bg:#fbf0d9;--none-bg:#eceeee;--open-bg:#e4eaf3}
@media(prefers-color-scheme:dark){:root{--bg:#14181c;--card:#1c2227;--ink:#e8ebed;--soft:#a5b0b9;--line:#37414a;--accent:#7fbbe3;
--good:#7fd3a0;--bad:#ff9c93;--warn:#f0c26b;--none:#a5b0b9;--open:#a9c1e2;--good-bg:#16331f;--bad-bg:#3d1c1a;--warn-bg:#382b10;--none-bg:#262d33;--open-bg:#22304a}}
*{box-sizing:border-box}html{font-size:100%}
body{margin:0;overflow-wrap:anywhere;background:var(--bg);color:var(--ink);font:1rem/1.7 system-ui,"Hiragino Sans","Noto Sans CJK JP","Noto Sans JP","Yu Gothic UI",Meiryo,sans-serif}
a{color:var(--accent)}.page{max-width:62rem;margin:0 auto;padding:1.5rem 1rem 4rem}
header.top{border-bottom:3px solid var(--accent);padding-bottom:1rem;margin-bottom:1rem}
h1{font-size:1.6rem;line-height:1.3;margin:0 0 .3rem}h2{font-size:1.25rem;margin:2.5rem 0 .8rem;padding-bottom:.2rem;border-bottom:1px solid var(--line)}
h3{font-size:1.05rem;margin:0}p{margin:.3rem 0}.meta,.soft{color:var(--soft)}.small{font-size:.875rem}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;padding:0;margin:.8rem 0 0}
.verdict{display:flex;gap:1rem;align-items:center;background:var(--card);border:1px solid var(--line);border-left:.4rem solid;border-radius:.5rem;padding:1rem 1.2rem;margin:1rem 0}
.verdict.bad{border-left-color:var(--bad)}.verdict.good{border-left-color:var(--good)}.verdict.warn{border-left-color:var(--warn)}.verdict strong{font-size:1.15rem}
.action{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:1rem 1.2rem;margin:.8rem 0;display:grid;grid-template-columns:2.2rem 1fr;gap:0 .6rem}
.action>.n{font-size:1.4rem;font-weight:700;color:var(--accent);line-height:1.3}.action ol,.how{margin:.5rem 0;padding-left:1.2rem}
code{font:0.875rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}.action>div{min-width:0}
li:has(>code.run){list-style:none}code.run{display:block;background:var(--none-bg);border-radius:.3rem;padding:.4rem .6rem;margin:.25rem 0;overflow-wrap:anywhere;white-space:pre-wrap}
.fact{color:var(--bad);font-weight:600}
.tag{display:inline-block;border-radius:.3rem;padding:0 .5rem;font-size:.8125rem;font-weight:600;white-space:nowrap}
.met,.pass{color:var(--good);background:var(--good-bg)}.not_met,.fail{color:var(--bad);background:var(--bad-bg)}
.partly_met{color:var(--warn);background:var(--warn-bg)}.unknown{color:var(--open);background:var(--open-bg)}.not_applicable{color:var(--none);background:var(--none-bg)}
.bars{display:grid;grid-template-columns:auto 1fr;gap:.5rem 1rem;align-items:center;background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:1rem 1.2rem}
.bar{display:flex;height:1.5rem;border-radius:.3rem;overflow:hidden;border:1px solid var(--line)}.bar span{display:block;font-size:.75rem;line-height:1.4rem;text-align:center;overflow:hidden;font-weight:600}
.legend{display:flex;flex-wrap:wrap;gap:.4rem;margin:.6rem 0}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;background:var(--card);border:1px solid var(--line)}
th,td{text-align:left;vertical-align:top;padding:.45rem .7rem;border-bottom:1px solid var(--line)}th{font-size:.875rem;color:var(--soft)}
td.id{white-space:nowrap}details{margin:.3rem 0}summary{cursor:pointer;color:var(--accent)}
.item{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.7rem 1rem;margin:.5rem 0}.item header{display:flex;flex-wrap:wrap;gap:.2rem .6rem;align-items:baseline}
footer{margin-top:3rem;border-top:1px solid var(--line);padding-top:1rem}
@media(max-width:40rem){.bars{grid-template-columns:1fr}.action{grid-template-columns:1fr}}
@media print{@page{size:A4;margin:14mm}:root{color-scheme:light;--bg:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;--accent:#1f5f8b;
--good:#1c7a43;--bad:#b3261e;--warn:#8a5a00;--none:#555;--open:#3d5270;--good-bg:#fff;--bad-bg:#fff;--warn-bg:#fff;--none-bg:#f3f3f3;--open-bg:#fff}
body{font-size:10pt;line-height:1.5}.page{max-width:none;padding:0}nav,summary{display:none}section.role{break-before:page}
.action,.item,tr,.verdict{break-inside:avoid}h2,h3{break-after:avoid}.tag{border:1px solid currentColor}.bar span{border-right:1px solid #999}}
)css";

}  // namespace sekisho
