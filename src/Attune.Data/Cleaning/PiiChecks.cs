using System.Buffers;
using System.Collections.Frozen;
using System.Net;
using System.Net.Sockets;

namespace Attune.Data.Cleaning;

/// <summary>What tells personal numbers from others of the same look.</summary>
public static class PiiChecks
{
    /// <summary>Lengths of IBANs by country (the registry of ISO 13616).</summary>
    private static readonly FrozenDictionary<string, int> IbanLengths =
        ("AL28 AD24 AT20 AZ28 BH22 BY28 BE16 BA20 BR29 BG22 CR22 HR21 CY28 CZ24 DK18 DO28 EE20 FO18 FI18 FR27 GE22 DE22 GI23 GR27 GL18 GT28 HU28 IS26 IQ23 IE22 IL23 IT27 JO30 KZ20 XK20 KW30 LV21 LB28 LI21 "
        + "LT20 LU20 MK19 MT31 MR27 MU30 MC27 MD24 ME22 NL18 NO15 PK24 PS29 PL28 PT25 QA29 RO24 SM27 SA24 RS22 SK24 SI19 ES24 SE24 CH21 TN24 TR26 UA29 AE23 GB22 VA22 VG24")
        .Split(' ').ToFrozenDictionary(entry => entry[..2], entry => int.Parse(entry.AsSpan(2), System.Globalization.CultureInfo.InvariantCulture), StringComparer.OrdinalIgnoreCase);

    private static readonly SearchValues<char> AddressCharacters = SearchValues.Create("0123456789abcdefABCDEF:.");

    /// <summary>Whether the digits of a number have the check digit of cards (Luhn, ISO 7812); blanks and hyphens do not count.</summary>
    public static bool IsLuhn(ReadOnlySpan<char> number)
    {
        int sum = 0, digits = 0;
        for (int i = number.Length - 1; i >= 0; i--)
        {
            if (char.IsAsciiDigit(number[i]))
            {
                int digit = (number[i] - '0') << (digits++ & 1);
                sum += digit > 9 ? digit - 9 : digit;
            }
            else if (number[i] is not (' ' or '-'))
            {
                return false;
            }
        }

        return digits > 1 && sum % 10 == 0;
    }

    /// <summary>The length of an IBAN of the country that a text begins with; 0 when there is none.</summary>
    public static int IbanLength(ReadOnlySpan<char> text) =>
        text.Length >= 2 && IbanLengths.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text[..2], out int length) ? length : 0;

    /// <summary>Whether a text is an IBAN: its country's length, and 1 as remainder of 97 (ISO 13616); blanks do not count.</summary>
    public static bool IsIban(ReadOnlySpan<char> text)
    {
        Span<char> compact = stackalloc char[34];
        int length = 0;
        foreach (char letter in text)
        {
            if (letter == ' ')
            {
                continue;
            }

            if (!char.IsAsciiLetterOrDigit(letter) || length == compact.Length)
            {
                return false;
            }

            compact[length++] = char.ToUpperInvariant(letter);
        }

        if (length < 5 || length != IbanLength(compact) || !char.IsAsciiDigit(compact[2]) || !char.IsAsciiDigit(compact[3]))
        {
            return false;
        }

        int remainder = 0;
        for (int i = 0; i < length; i++)
        {
            char letter = compact[(i + 4) % length];
            remainder = char.IsAsciiDigit(letter) ? ((remainder * 10) + letter - '0') % 97 : ((remainder * 100) + letter - 'A' + 10) % 97;
        }

        return remainder == 1;
    }

    /// <summary>Whether a text is an IPv4 address in dotted form: four numbers from 0 to 255 without leading zeros.</summary>
    public static bool IsIpv4(ReadOnlySpan<char> text)
    {
        int parts = 0;
        foreach (Range range in text.Split('.'))
        {
            ReadOnlySpan<char> part = text[range];
            if (part.Length is 0 or > 3 || part.ContainsAnyExceptInRange('0', '9') || (part.Length > 1 && part[0] == '0')
                || int.Parse(part, System.Globalization.CultureInfo.InvariantCulture) > 255)
            {
                return false;
            }

            parts++;
        }

        return parts == 4;
    }

    /// <summary>Whether a text is an IPv6 address (RFC 4291), also with a zone or the last 32 bits in dotted form.</summary>
    public static bool IsIpv6(ReadOnlySpan<char> text)
    {
        int zone = text.IndexOf('%');
        ReadOnlySpan<char> address = zone < 0 ? text : text[..zone];
        return zone != text.Length - 1 && address.Length is >= 2 and <= 45 && !address.ContainsAnyExcept(AddressCharacters) && address.Contains(':')
            && IPAddress.TryParse(address, out IPAddress? parsed) && parsed.AddressFamily == AddressFamily.InterNetworkV6;
    }

    /// <summary>Whether three groups of digits may be a social security number of the USA.</summary>
    public static bool IsSsn(ReadOnlySpan<char> text) => text.Length == 11 && text[..3] is not ("000" or "666") && text[0] != '9' && text[4..6] is not "00" && text[7..] is not "0000";
}
