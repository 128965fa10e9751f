namespace Attune.Cli.Training;

/// <summary>A curve of one line: the mean of each part of a series, from its start to now, as blocks of eight heights.</summary>
internal sealed class Sparkline
{
    private const int Columns = 16;
    private const string Blocks = "▁▂▃▄▅▆▇█";

    private readonly List<double> _means = [];
    private double _sum;
    private int _count;
    private int _width = 1;

    /// <summary>Adds a value; what is not finite leaves the curve as it is.</summary>
    public void Add(double value)
    {
        if (!double.IsFinite(value))
        {
            return;
        }

        _sum += value;
        if (++_count < _width)
        {
            return;
        }

        _means.Add(_sum / _count);
        (_sum, _count) = (0, 0);
        if (_means.Count == Columns)
        {
            // Full: each two columns become one, and a column stands for twice as many values.
            for (int i = 0; i < Columns / 2; i++)
            {
                _means[i] = (_means[2 * i] + _means[(2 * i) + 1]) / 2;
            }

            _means.RemoveRange(Columns / 2, Columns / 2);
            _width *= 2;
        }
    }

    /// <summary>The curve, lowest value at the bottom; empty before there are two columns.</summary>
    public override string ToString()
    {
        if (_means.Count < 2)
        {
            return "";
        }

        double least = _means.Min();
        double range = _means.Max() - least;
        return string.Concat(_means.Select(mean => Blocks[range > 0 ? (int)Math.Round((mean - least) / range * (Blocks.Length - 1)) : 0]));
    }
}
