using System.Globalization;
using System.Text;

namespace Attune.Text.Templates;

/// <summary>Dates written as C's <c>strftime</c> does in the C locale.</summary>
internal static class StrfTime
{
    /// <summary>Formats a time; a directive that is not known stays as it is. <c>%-d</c> leaves out leading zeros, <c>%_d</c> writes blanks instead.</summary>
    public static string Format(Interpreter run, string format, DateTimeOffset time)
    {
        var result = new StringBuilder();
        for (int i = 0; i < format.Length; i++)
        {
            run.Charge(1);
            if (format[i] != '%' || i + 1 == format.Length)
            {
                result.Append(format[i]);
                continue;
            }

            int start = i++;
            char flag = format[i] is '-' or '_' && i + 1 < format.Length ? format[i++] : '\0';
            result.Append(Directive(run, format[i], flag, time) ?? format[start..(i + 1)]);
            run.CheckLength(result.Length);
        }

        return result.ToString();
    }

    private static string? Directive(Interpreter run, char directive, char flag, DateTimeOffset time) => directive switch
    {
        'Y' => Padded(time.Year, 1, flag),
        'C' => Padded(time.Year / 100, 2, flag),
        'y' => Padded(time.Year % 100, 2, flag),
        'm' => Padded(time.Month, 2, flag),
        'd' => Padded(time.Day, 2, flag),
        'e' => Padded(time.Day, 2, flag == '\0' ? '_' : flag),
        'H' => Padded(time.Hour, 2, flag),
        'k' => Padded(time.Hour, 2, flag == '\0' ? '_' : flag),
        'I' => Padded(HalfDayHour(time), 2, flag),
        'l' => Padded(HalfDayHour(time), 2, flag == '\0' ? '_' : flag),
        'M' => Padded(time.Minute, 2, flag),
        'S' => Padded(time.Second, 2, flag),
        'f' => (time.Ticks % TimeSpan.TicksPerSecond / 10).ToString("D6", CultureInfo.InvariantCulture),
        'j' => Padded(time.DayOfYear, 3, flag),
        'u' => Padded(time.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)time.DayOfWeek, 1, flag),
        'w' => Padded((int)time.DayOfWeek, 1, flag),
        'U' => Padded((time.DayOfYear + 6 - (int)time.DayOfWeek) / 7, 2, flag),
        'W' => Padded((time.DayOfYear + 6 - (((int)time.DayOfWeek + 6) % 7)) / 7, 2, flag),
        'G' => Padded(ISOWeek.GetYear(time.DateTime), 4, flag),
        'V' => Padded(ISOWeek.GetWeekOfYear(time.DateTime), 2, flag),
        's' => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        'a' => time.ToString("ddd", CultureInfo.InvariantCulture),
        'A' => time.ToString("dddd", CultureInfo.InvariantCulture),
        'b' or 'h' => time.ToString("MMM", CultureInfo.InvariantCulture),
        'B' => time.ToString("MMMM", CultureInfo.InvariantCulture),
        'p' => time.Hour < 12 ? "AM" : "PM",
        'P' => time.Hour < 12 ? "am" : "pm",
        'c' => Format(run, "%a %b %e %H:%M:%S %Y", time),
        'D' or 'x' => Format(run, "%m/%d/%y", time),
        'F' => Format(run, "%Y-%m-%d", time),
        'T' or 'X' => Format(run, "%H:%M:%S", time),
        'R' => Format(run, "%H:%M", time),
        'r' => Format(run, "%I:%M:%S %p", time),

        // The reference's clock has no time zone.
        'z' or 'Z' => "",
        'n' => "\n",
        't' => "\t",
        '%' => "%",
        _ => null,
    };

    private static int HalfDayHour(DateTimeOffset time) => ((time.Hour + 11) % 12) + 1;

    private static string Padded(int number, int width, char flag)
    {
        string digits = number.ToString(CultureInfo.InvariantCulture);
        return flag == '-' ? digits : digits.PadLeft(width, flag == '_' ? ' ' : '0');
    }
}
