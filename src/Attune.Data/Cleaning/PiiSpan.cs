namespace Attune.Data.Cleaning;

/// <summary>Personal data in a text.</summary>
/// <param name="Start">Where it begins, in characters (UTF-16 units).</param>
/// <param name="End">Where it ends, exclusive.</param>
/// <param name="Kind">What it is: one of <see cref="PiiFinder.Kinds"/>.</param>
public readonly record struct PiiSpan(int Start, int End, string Kind);
