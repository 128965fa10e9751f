using System.Numerics;

namespace Attune.Data.Inspection;

/// <summary>Lengths of many texts in little memory: exact up to 1,023, beyond within a hundredth.</summary>
internal sealed class LengthHistogram
{
    private const int Exact = 1024;
    private const int StepBits = 7;

    private readonly SortedDictionary<long, long> _counts = [];
    private long _sum;

    public long Count { get; private set; }

    public void Add(long length)
    {
        int drop = length < Exact ? 0 : BitOperations.Log2((ulong)length) - StepBits;
        long bucket = length >> drop << drop;
        _counts[bucket] = _counts.GetValueOrDefault(bucket) + 1;
        _sum += length;
        Count++;
        (Least, Most) = (Count == 1 ? length : Math.Min(Least, length), Math.Max(Most, length));
    }

    public long Least { get; private set; }

    public long Most { get; private set; }

    public LengthReport Report() => new(Least, Count == 0 ? 0 : (double)_sum / Count, Quantile(0.5), Quantile(0.95), Most);

    private long Quantile(double share)
    {
        long seen = 0;
        foreach ((long length, long count) in _counts)
        {
            seen += count;
            if (seen >= share * Count)
            {
                return length;
            }
        }

        return 0;
    }
}

/// <summary>Lengths of texts.</summary>
/// <param name="Min">The shortest.</param>
/// <param name="Mean">The mean.</param>
/// <param name="Median">The median; above 1,023 within a hundredth.</param>
/// <param name="P95">The length that 95 % do not exceed; above 1,023 within a hundredth.</param>
/// <param name="Max">The longest.</param>
public sealed record LengthReport(long Min, double Mean, long Median, long P95, long Max);
