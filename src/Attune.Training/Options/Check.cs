namespace Attune.Training;

/// <summary>Range checks of options, with messages in the users' names.</summary>
internal static class Check
{
    public static void OneOf(string value, string name, params IEnumerable<string> allowed)
    {
        if (!allowed.Contains(value))
        {
            throw new TrainingException($"{name} must be one of {string.Join(", ", allowed)}; it is '{value}'.");
        }
    }

    public static void AtLeast(long value, string name, long least) => Require(value >= least, $"{name} must be at least {least}; it is {value}.");

    /// <summary>Demands a finite number from <paramref name="least"/> to below <paramref name="limit"/>.</summary>
    public static void Range(double value, string name, double least, double limit = double.PositiveInfinity)
    {
        string range = double.IsInfinity(limit) ? $"at least {least}" : $"in [{least}, {limit})";
        Require(value >= least && value < limit, $"{name} must be {range}; it is {value}.");
    }

    public static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new TrainingException(message);
        }
    }
}
