using Attune.Cli.Training;

namespace Attune.Cli.Tests.Training;

public sealed class SparklineTests
{
    [Theory]
    [InlineData(new double[] { }, "")]
    [InlineData(new double[] { 3 }, "")]
    [InlineData(new double[] { 2, 2, 2 }, "▁▁▁")]
    [InlineData(new double[] { 7, 6, 5, 4, 3, 2, 1, 0 }, "█▇▆▅▄▃▂▁")]
    [InlineData(new double[] { 1, double.NaN, 0, double.PositiveInfinity }, "█▁")]
    public void Draws_its_values(double[] values, string curve) => Assert.Equal(curve, Draw(values));

    [Theory]
    [InlineData(16, 8)]
    [InlineData(31, 15)]
    [InlineData(1_000_000, 15)]
    public void Shows_the_whole_series_however_long(int count, int columns)
    {
        string curve = Draw(Enumerable.Range(0, count).Select(i => (double)-i));
        Assert.Equal(columns, curve.Length);
        Assert.Equal(string.Concat(curve.OrderDescending()), curve);
        Assert.Equal(('█', '▁'), (curve[0], curve[^1]));
    }

    private static string Draw(IEnumerable<double> values)
    {
        var line = new Sparkline();
        foreach (double value in values)
        {
            line.Add(value);
        }

        return line.ToString();
    }
}
