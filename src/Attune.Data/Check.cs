using System.Globalization;

namespace Attune.Data;

/// <summary>Range checks of options, with messages in the users' names.</summary>
internal static class Check
{
    public static void OneOf(string value, string name, params ReadOnlySpan<string> allowed)
    {
        if (!allowed.Contains(value))
        {
            throw new DataException($"{name} must be one of {string.Join(", ", allowed!)}; it is '{value}'.");
        }
    }

    public static void Range(long value, string name, long least, long most)
    {
        if (value < least || value > most)
        {
            throw new DataException(most == long.MaxValue || most == int.MaxValue
                ? $"{name} must be at least {least}; it is {value}."
                : $"{name} must be from {least} to {most}; it is {value}.");
        }
    }

    public static void Number(double value, string name, double least, double most)
    {
        if (!(value >= least && value <= most))
        {
            throw new DataException(string.Create(CultureInfo.InvariantCulture, $"{name} must be {(most == double.MaxValue ? $"at least {least}" : $"from {least} to {most}")}; it is {value}."));
        }
    }
}
