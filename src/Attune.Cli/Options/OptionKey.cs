using System.Globalization;
using System.Text;

namespace Attune.Cli.Options;

/// <summary>One thing that can be set: a key of a recipe and an option of the command line.</summary>
/// <param name="Name">Key in snake case, such as <c>max_steps</c>.</param>
/// <param name="Type">Type of the property that takes the value.</param>
/// <param name="Group">Heading under which the help lists it.</param>
/// <param name="Documentation">What it means, with its range and default.</param>
/// <param name="Alias">Another name for it; null for none.</param>
/// <param name="Default">Its value where none is given.</param>
internal sealed record OptionKey(string Name, Type Type, string Group, string Documentation, string? Alias, object? Default)
{
    /// <summary>The option's spelling on the command line, such as <c>--max-steps</c>.</summary>
    public string Flag => ToFlag(Name);

    /// <summary>The spelling of a key on the command line.</summary>
    public static string ToFlag(string name) => "--" + name.Replace('_', '-');

    /// <summary>The key of a property: <c>MaxSteps</c> becomes <c>max_steps</c>, <c>LoadIn8Bit</c> <c>load_in_8bit</c>, <c>AdamBeta1</c> <c>adam_beta1</c>.</summary>
    public static string ToKey(string property)
    {
        var key = new StringBuilder(property.Length + 4);
        for (int i = 0; i < property.Length; i++)
        {
            if (i > 0 && BeginsWord(property, i))
            {
                key.Append('_');
            }

            key.Append(char.ToLower(property[i], CultureInfo.InvariantCulture));
        }

        return key.ToString();
    }

    /// <summary>A number belongs to the word behind it, or, at the end, to the one before it.</summary>
    private static bool BeginsWord(string property, int index)
    {
        bool isBehindNumber = char.IsAsciiDigit(property[index - 1]);
        if (!char.IsAsciiDigit(property[index]))
        {
            return char.IsAsciiLetterUpper(property[index]) && !isBehindNumber;
        }

        return !isBehindNumber && property[index..].AsSpan().IndexOfAnyExceptInRange('0', '9') >= 0;
    }
}
