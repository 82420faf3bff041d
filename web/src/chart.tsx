// Lines over time, drawn by ECharts on a canvas; the numbers are in a table beside it. Loaded only
// where a chart is shown.
import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendScrollComponent, TooltipComponent } from 'echarts/components';
import { init, use, type EChartsCoreOption } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useMantineColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';

use([BarChart, LineChart, GridComponent, LegendScrollComponent, TooltipComponent, CanvasRenderer]);

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

/** A chart that fits its box and the colours of the page; `option` gives what it draws, in the colour of its text. */
function useChart(option: (ink: string) => EChartsCoreOption, uses: unknown[]) {
  const box = useRef<HTMLDivElement>(null);
  const { colorScheme } = useMantineColorScheme();
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const chart = init(element);
    chart.setOption(option(getComputedStyle(element).color));
    const resize = new ResizeObserver(() => chart.resize());
    resize.observe(element);
    return () => {
      resize.disconnect();
      chart.dispose();
    };
  }, [...uses, colorScheme]);
  return box;
}

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

/** Columns that are put together from parts, one for each period. */
export function StackedBars({
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
