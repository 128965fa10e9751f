using System.Globalization;
using System.Net;
using System.Text;

namespace Attune.Cli.Runs.Report;

/// <summary>A line of a chart.</summary>
/// <param name="Name">What it shows.</param>
/// <param name="Style">Class of its colour: <c>a</c>, <c>b</c>, or <c>faint</c> for values that another line smooths.</param>
/// <param name="Points">Its points, from left to right.</param>
/// <param name="Dots">Whether each point is shown.</param>
internal sealed record ChartLine(string Name, string Style, IReadOnlyList<(double X, double Y)> Points, bool Dots = false);

/// <summary>Draws lines over steps as an SVG picture that takes its colours from the page.</summary>
internal static class Chart
{
    private const int Width = 720;
    private const int Height = 260;
    private const int Left = 62;
    private const int Right = 14;
    private const int Top = 12;
    private const int Bottom = 34;
    private const int MostPoints = 400;
    private const int Ticks = 5;

    private static readonly double[] RoundFactors = [1, 2, 5, 10];

    /// <summary>Draws a chart with its title; an empty text where no line has a point.</summary>
    public static string Draw(string title, string format, params IReadOnlyList<ChartLine> lines)
    {
        ChartLine[] shown = [.. lines.Where(line => line.Points.Count > 0).Select(line => line with { Points = Thin(line.Points) })];
        if (shown.Length == 0)
        {
            return string.Empty;
        }

        double lastX = shown.Max(line => line.Points[^1].X);
        double firstX = Math.Min(shown.Min(line => line.Points[0].X), lastX - 1);
        (double low, double high, double tick) = Axis(shown.SelectMany(line => line.Points).Min(point => point.Y), shown.SelectMany(line => line.Points).Max(point => point.Y), Ticks);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<figure><figcaption>{WebUtility.HtmlEncode(title)}{Legend(lines.Count > 1 ? shown : [])}</figcaption>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{WebUtility.HtmlEncode(title)}\">\n");
        for (int i = 0; low + (i * tick) <= high + (tick / 2); i++)
        {
            double value = low + (i * tick);
            svg.Append(CultureInfo.InvariantCulture, $"<path class=\"grid\" d=\"M{Left} {Y(value):0.#}H{Width - Right}\"/><text class=\"y\" x=\"{Left - 8}\" y=\"{Y(value) + 4:0.#}\">{(value == 0 ? "0" : value.ToString(format, CultureInfo.InvariantCulture))}</text>\n");
        }

        (double lowX, double highX, double tickX) = Axis(firstX, lastX, 8);
        for (double value = lowX; value <= highX + (tickX / 2); value += Math.Max(1, tickX))
        {
            if (value >= firstX && value <= lastX)
            {
                svg.Append(CultureInfo.InvariantCulture, $"<text class=\"x\" x=\"{X(value):0.#}\" y=\"{Height - 12}\">{value:N0}</text>\n");
            }
        }

        foreach (ChartLine line in shown)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<polyline class=\"line {line.Style}\" points=\"{string.Join(' ', line.Points.Select(point => FormattableString.Invariant($"{X(point.X):0.#},{Y(point.Y):0.#}")))}\"/>\n");
            foreach ((double x, double y) in line.Dots || line.Points.Count == 1 ? line.Points : [])
            {
                svg.Append(CultureInfo.InvariantCulture, $"<circle class=\"dot {line.Style}\" cx=\"{X(x):0.#}\" cy=\"{Y(y):0.#}\" r=\"3.5\"><title>step {x:N0}: {y.ToString(format, CultureInfo.InvariantCulture)}</title></circle>\n");
            }
        }

        return svg.Append("</svg></figure>\n").ToString();

        double X(double value) => Left + ((value - firstX) / (lastX - firstX) * (Width - Left - Right));

        double Y(double value) => Height - Bottom - ((value - low) / (high - low) * (Height - Top - Bottom));
    }

    /// <summary>The mean of some neighbours of each point, so that the trend shows.</summary>
    public static IReadOnlyList<(double X, double Y)> Smooth(IReadOnlyList<(double X, double Y)> points)
    {
        int reach = Math.Max(1, points.Count / 30);
        double[] sums = new double[points.Count + 1];
        for (int i = 0; i < points.Count; i++)
        {
            sums[i + 1] = sums[i] + points[i].Y;
        }

        return
        [
            .. points.Select((point, i) =>
            {
                (int first, int end) = (Math.Max(0, i - reach), Math.Min(points.Count, i + 1 + reach));
                return (point.X, (sums[end] - sums[first]) / (end - first));
            }),
        ];
    }

    private static string Legend(ChartLine[] lines) =>
        string.Concat(lines.Where(line => line.Style != "faint").Select(line => $" <span class=\"key {line.Style}\">{WebUtility.HtmlEncode(line.Name)}</span>"));

    // Means of neighbours where there are more points than a screen shows.
    private static IReadOnlyList<(double X, double Y)> Thin(IReadOnlyList<(double X, double Y)> points)
    {
        if (points.Count <= MostPoints)
        {
            return points;
        }

        int size = (points.Count + MostPoints - 1) / MostPoints;
        return [.. points.Chunk(size).Select(part => (part.Average(point => point.X), part.Average(point => point.Y)))];
    }

    /// <summary>Round numbers around the values: 1, 2 or 5 times a power of ten apart.</summary>
    private static (double Low, double High, double Tick) Axis(double least, double most, int ticks)
    {
        double range = most > least ? most - least : Math.Max(Math.Abs(most), 1e-9);
        double power = Math.Pow(10, Math.Floor(Math.Log10(range / ticks)));
        double tick = RoundFactors.Select(factor => factor * power).First(size => range / size <= ticks);
        double low = Math.Floor(least / tick) * tick;
        double high = Math.Ceiling(most / tick) * tick;
        return (low, high > low ? high : low + tick, tick);
    }
}
