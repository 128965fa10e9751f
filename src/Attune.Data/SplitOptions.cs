namespace Attune.Data;

/// <summary>How much of the data is held out for evaluation.</summary>
public sealed record SplitOptions
{
    /// <summary>Rows held out: below 1 a share of the rows, from 1 on their number. Default 0: none.</summary>
    public double ValSetSize { get; init; }

    /// <summary>Seed of the choice. Default 42; at least 0.</summary>
    public int SplitSeed { get; init; } = 42;

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="DataException">A value is out of its range.</exception>
    public void Validate()
    {
        if (!(ValSetSize >= 0 && ValSetSize <= int.MaxValue) || (ValSetSize > 1 && ValSetSize != Math.Floor(ValSetSize)))
        {
            throw new DataException($"val_set_size must be 0, a share below 1, or a whole number of rows; it is {ValSetSize}.");
        }

        Check.Range(SplitSeed, "split_seed", 0, int.MaxValue);
    }
}
