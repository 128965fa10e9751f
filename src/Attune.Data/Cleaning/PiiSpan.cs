namespace Attune.Data.Cleaning;

/// <summary>Personal data in a text.</summary>
/// <param name="Start">Where it begins, in characters (UTF-16 units).</param>
/// <param name="End">Where it ends, exclusive.</param>
/// <param name="Kind">What it is: <c>url</c>, <c>email</c>, <c>iban</c>, <c>credit_card</c>, <c>ssn</c>, <c>ipv6</c>, <c>ipv4</c> or <c>phone</c>.</param>
public readonly record struct PiiSpan(int Start, int End, string Kind);
