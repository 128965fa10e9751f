using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Unicode;
using Attune.Data.Rows;

namespace Attune.Data.Formats;

/// <summary>Puts the values of a row of a binary format together as JSON: bytes as base64, decimals as texts, times as the integers of their unit, numbers that JSON lacks as the texts <c>nan</c>, <c>inf</c> and <c>-inf</c>.</summary>
/// <param name="file">Name of the file, for messages.</param>
/// <param name="maxRowBytes">The most bytes that a row may have.</param>
internal sealed class JsonRowWriter(string file, int maxRowBytes) : IDisposable
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly Utf8JsonWriter _json = new(Stream.Null);
    private string? _problem;

    /// <summary>Number of rows made.</summary>
    public long Rows { get; private set; }

    /// <summary>Whether the row is known to be bad: what is still written to it is passed over, so that a reader can come to its end.</summary>
    public bool IsBad => _problem is not null;

    /// <summary>Makes a row of what is written meanwhile; a bad row if one of its values is no JSON, or they are too many.</summary>
    /// <exception cref="DataException">The file is damaged where the row stands.</exception>
    public DataRow Row(Action<JsonRowWriter> write)
    {
        Rows++;
        _problem = null;
        _bytes.ResetWrittenCount();
        _json.Reset(_bytes);
        try
        {
            write(this);
        }
        catch (InvalidDataException damage)
        {
            throw DataException.AtRow(Place, "the file is damaged", damage.Message, damage);
        }

        if (_problem is not null)
        {
            return DataRow.Bad(Place, _problem);
        }

        _json.Flush();
        return new DataRow(Place, JsonElement.Parse(_bytes.WrittenSpan));
    }

    private RowPlace Place => new(file, Rows) { CountsRows = true };

    public void Null()
    {
        if (HasRoom(1))
        {
            _json.WriteNullValue();
        }
    }

    public void Boolean(bool value)
    {
        if (HasRoom(1))
        {
            _json.WriteBooleanValue(value);
        }
    }

    public void Number(long value)
    {
        if (HasRoom(1))
        {
            _json.WriteNumberValue(value);
        }
    }

    public void Number(ulong value)
    {
        if (HasRoom(1))
        {
            _json.WriteNumberValue(value);
        }
    }

    public void Number(Int128 value)
    {
        if (HasRoom(1))
        {
            _json.WriteRawValue(value.ToString(CultureInfo.InvariantCulture), skipInputValidation: true);
        }
    }

    public void Number(double value)
    {
        if (!HasRoom(1))
        {
            return;
        }

        if (double.IsFinite(value))
        {
            _json.WriteNumberValue(value);
        }
        else
        {
            _json.WriteStringValue(double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf");
        }
    }

    /// <summary>A decimal number: an integer of which the last <paramref name="scale"/> digits stand behind the point.</summary>
    public void Decimal(BigInteger unscaled, int scale)
    {
        string digits = BigInteger.Abs(unscaled).ToString(CultureInfo.InvariantCulture);
        if (scale > 0)
        {
            digits = digits.PadLeft(scale + 1, '0').Insert(Math.Max(digits.Length, scale + 1) - scale, ".");
        }
        else if (!unscaled.IsZero)
        {
            digits = digits.PadRight(digits.Length - scale, '0');
        }

        if (HasRoom(digits.Length))
        {
            _json.WriteStringValue(unscaled.Sign < 0 ? "-" + digits : digits);
        }
    }

    public void Text(ReadOnlySpan<byte> utf8)
    {
        if (!HasRoom(utf8.Length))
        {
            return;
        }

        if (Utf8.IsValid(utf8))
        {
            _json.WriteStringValue(utf8);
        }
        else
        {
            _problem = Utf8Check.Reason;
        }
    }

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        if (HasRoom(bytes.Length))
        {
            _json.WriteBase64StringValue(bytes);
        }
    }

    public void Name(JsonEncodedText name)
    {
        if (HasRoom(1))
        {
            _json.WritePropertyName(name);
        }
    }

    public void StartObject()
    {
        if (HasRoom(1))
        {
            _json.WriteStartObject();
        }
    }

    public void EndObject()
    {
        if (HasRoom(1))
        {
            _json.WriteEndObject();
        }
    }

    public void StartArray()
    {
        if (HasRoom(1))
        {
            _json.WriteStartArray();
        }
    }

    public void EndArray()
    {
        if (HasRoom(1))
        {
            _json.WriteEndArray();
        }
    }

    public void Dispose() => _json.Dispose();

    private bool HasRoom(long bytes)
    {
        if (_problem is null && _json.BytesCommitted + _json.BytesPending + bytes > maxRowBytes)
        {
            _problem = $"the row is too long: more than max_row_bytes = {maxRowBytes}";
        }

        return _problem is null;
    }
}
