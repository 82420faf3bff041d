// SPDX-License-Identifier: Apache-2.0
// Lines over time, drawn by ECharts on a canvas; the numbers are in a table beside it. Loaded only
// where a chart is shown.
import { LineChart } from 'echarts/charts';
import { use } from 'echarts/core';
import { useChart } from './canvas';

use([LineChart]);

export interface Line {
  name: string;
  colour?: string;
  points: [string, number][];
}

/** Ticks of the time axis in the reader's language: the month, and the year where one begins. */
const tick = (locale: string) => (value: number) => {
  const at = new Date(value);
  return new Intl.DateTimeFormat(
    locale,
    at.getDate() !== 1
      ? { month: 'short', day: 'numeric' }
      : at.getMonth() === 0
        ? { year: 'numeric' }
        : { month: 'short' },
  ).format(at);
};

export default function TimeChart({
  lines,
  label,
  percent,
  locale,
  stack,
}: {
  lines: Line[];
  label: string;
  percent: (value: number) => string;
  locale: string;
  stack?: boolean;
}) {
  const box = useChart(
    (ink) => ({
      animation: false,
      textStyle: { fontFamily: 'inherit', color: ink },
      grid: { left: 46, right: 12, top: lines.length > 1 ? 34 : 12, bottom: 26 },
      legend: {
        type: 'scroll',
        show: lines.length > 1,
        top: 0,
        textStyle: { color: ink },
        pageIconColor: ink,
        pageTextStyle: { color: ink },
      },
      // Drawn on the canvas: markup with styles of its own is refused by the content security policy.
      tooltip: { trigger: 'axis', renderMode: 'richText', valueFormatter: (value: number) => percent(value) },
      xAxis: { type: 'time', axisLabel: { color: ink, hideOverlap: true, formatter: tick(locale) } },
      yAxis: {
        type: 'value',
        min: 0,
        max: 1,
        axisLabel: { color: ink, formatter: (value: number) => percent(value) },
        splitLine: { lineStyle: { color: 'rgba(128,140,150,.25)' } },
      },
      series: lines.map((line) => ({
        name: line.name,
        type: 'line',
        stack: stack ? 'all' : undefined,
        areaStyle: stack ? { opacity: 0.85 } : undefined,
        showSymbol: false,
        lineStyle: { width: stack ? 0 : 2 },
        itemStyle: line.colour ? { color: line.colour } : undefined,
        data: line.points,
      })),
    }),
    [lines, percent, locale, stack],
  );
  return <div ref={box} role="img" aria-label={label} style={{ height: 240, overflow: 'hidden' }} />;
}
