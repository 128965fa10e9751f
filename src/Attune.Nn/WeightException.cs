namespace Attune.Nn;

/// <summary>A model's weights do not fit its configuration.</summary>
public sealed class WeightException : Exception
{
    private const int MostNamed = 20;

    /// <summary>Makes an error.</summary>
    public WeightException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an error with an inner cause.</summary>
    public WeightException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Makes an error without a message.</summary>
    public WeightException()
    {
    }

    internal static WeightException From(string location, IReadOnlyList<string> problems)
    {
        string rest = problems.Count > MostNamed ? $"\n  ... and {problems.Count - MostNamed} more" : string.Empty;
        return new WeightException($"{location}: {problems.Count} weights do not fit the configuration (is config.json of this model?)\n  {string.Join("\n  ", problems.Take(MostNamed))}{rest}");
    }
}
