// SPDX-License-Identifier: Apache-2.0
// Columns over periods, drawn by ECharts on a canvas; the numbers are in a table beside it. Loaded only where they are
// shown.
import { BarChart } from 'echarts/charts';
import { use } from 'echarts/core';
import { useChart } from './canvas';

use([BarChart]);

/** Columns that are put together from parts, one for each period. */
export default function StackedBars({
  periods,
  parts,
  label,
  number,
}: {
  periods: string[];
  parts: { name: string; colour?: string; values: number[] }[];
  label: string;
  number: (value: number) => string;
}) {
  const box = useChart(
    (ink) => ({
      animation: false,
      textStyle: { fontFamily: 'inherit', color: ink },
      grid: { left: 12, right: 12, top: 34, bottom: 8, containLabel: true },
      legend: {
        type: 'scroll',
        top: 0,
        textStyle: { color: ink },
        pageIconColor: ink,
        pageTextStyle: { color: ink },
      },
      // Drawn on the canvas: markup with styles of its own is refused by the content security policy.
      tooltip: { trigger: 'item', renderMode: 'richText', valueFormatter: (value: number) => number(value) },
      xAxis: { type: 'category', data: periods, axisLabel: { color: ink, hideOverlap: true } },
      yAxis: {
        type: 'value',
        min: 0,
        axisLabel: { color: ink, formatter: (value: number) => number(value) },
        splitLine: { lineStyle: { color: 'rgba(128,140,150,.25)' } },
      },
      series: parts.map((part) => ({
        name: part.name,
        type: 'bar',
        stack: 'all',
        barMaxWidth: 60,
        itemStyle: part.colour ? { color: part.colour } : undefined,
        data: part.values,
      })),
    }),
    [periods, parts, number],
  );
  return <div ref={box} role="img" aria-label={label} style={{ height: 320, overflow: 'hidden' }} />;
}
