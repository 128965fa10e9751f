using Attune.Data.Compression;

namespace Attune.Data.Formats.Parquet;

/// <summary>The values of a column in a group of rows, one after the other, with their levels; pages are read when they are reached.</summary>
internal sealed class ParquetColumn
{
    private readonly ParquetFile _file;
    private readonly ParquetLeaf _leaf;
    private readonly ParquetChunk _chunk;
    private ParquetDictionary? _dictionary;
    private ParquetValues? _values;
    private RunReader? _definitions;
    private RunReader? _repetitions;
    private long _offset;
    private long _left;
    private int _leftInPage;

    /// <exception cref="InvalidDataException">The column is not in this file, or not of the type that the schema says.</exception>
    public ParquetColumn(ParquetFile file, ParquetLeaf leaf, ParquetChunk chunk)
    {
        _file = file;
        _leaf = leaf;
        _chunk = chunk;
        if (chunk.IsElsewhere || chunk.IsEncrypted || chunk.Type != (int)leaf.Type || chunk.ValueCount < 0)
        {
            throw new InvalidDataException(chunk.IsElsewhere ? "its values stand in another file" : chunk.IsEncrypted ? "it is encrypted" : $"it has {chunk.ValueCount} values of type {chunk.Type}, the schema says {leaf.Type}");
        }

        // Some writers say that there is a dictionary at 0, or do not say that there is one.
        _offset = chunk.DictionaryOffset > 0 && chunk.DictionaryOffset < chunk.DataOffset ? chunk.DictionaryOffset : chunk.DataOffset;
        _left = chunk.ValueCount;
        Advance();
    }

    /// <summary>How far the current value is defined; -1 at the end.</summary>
    public int Definition { get; private set; }

    /// <summary>Which list the current value continues; 0 for a new row, and at the end.</summary>
    public int Repetition { get; private set; }

    /// <summary>Writes the current value, which is not null, and goes to the next.</summary>
    public void Write(JsonRowWriter row)
    {
        _leaf.Write(row, _values!.Next());
        Advance();
    }

    /// <summary>Goes to the next value.</summary>
    public void Advance()
    {
        if (_left == 0)
        {
            (Definition, Repetition) = (-1, 0);
            return;
        }

        while (_leftInPage == 0)
        {
            NextPage();
        }

        _left--;
        _leftInPage--;
        Repetition = Level(_repetitions, _leaf.Repetition);
        Definition = Level(_definitions, _leaf.Definition);
    }

    private static int Level(RunReader? levels, int largest)
    {
        if (levels is null)
        {
            return largest;
        }

        uint level = levels.Next();
        return level <= (uint)largest ? (int)level : throw new InvalidDataException($"expected a level up to {largest}, found {level}");
    }

    private void NextPage()
    {
        ParquetPage page = _file.ReadPageHeader(ref _offset);
        byte[] bytes = _file.ReadPage(page, _offset);
        _offset += page.CompressedBytes;
        switch (page.Type)
        {
            case ParquetPageType.Dictionary when _dictionary is null && _values is null:
                _dictionary = new ParquetDictionary(_leaf, ParquetFile.Decompress(_chunk.Codec, bytes, page.UncompressedBytes), page.ValueCount);
                return;
            case ParquetPageType.Index:
                return;
            case ParquetPageType.Data:
                ReadData(page, ParquetFile.Decompress(_chunk.Codec, bytes, page.UncompressedBytes));
                break;
            case ParquetPageType.DataV2:
                ReadDataV2(page, bytes);
                break;
            default:
                throw new InvalidDataException($"a page of kind {page.Type} is not expected here");
        }

        _leftInPage = (int)Math.Min(_left, page.ValueCount);
    }

    private void ReadData(ParquetPage page, ReadOnlyMemory<byte> bytes)
    {
        _repetitions = Levels(ref bytes, _leaf.Repetition, page.RepetitionEncoding);
        _definitions = Levels(ref bytes, _leaf.Definition, page.DefinitionEncoding);
        _values = ParquetValues.Of(page.Encoding, _leaf, bytes, _dictionary);
    }

    private void ReadDataV2(ParquetPage page, ReadOnlyMemory<byte> bytes)
    {
        long levels = (long)page.RepetitionBytes + page.DefinitionBytes;
        if (levels > Math.Min(bytes.Length, page.UncompressedBytes))
        {
            throw new InvalidDataException($"a page of {bytes.Length} bytes has {levels} bytes of levels");
        }

        _repetitions = _leaf.Repetition == 0 ? null : new RunReader(bytes[..page.RepetitionBytes], RunReader.WidthOf(_leaf.Repetition));
        _definitions = _leaf.Definition == 0 ? null : new RunReader(bytes.Slice(page.RepetitionBytes, page.DefinitionBytes), RunReader.WidthOf(_leaf.Definition));
        ReadOnlyMemory<byte> values = bytes[(int)levels..];
        if (page.IsCompressed && !values.IsEmpty)
        {
            values = ParquetFile.Decompress(_chunk.Codec, values, page.UncompressedBytes - (int)levels);
        }

        _values = ParquetValues.Of(page.Encoding, _leaf, values, _dictionary);
    }

    // In pages of version 1 levels stand behind their length, before the values.
    private static RunReader? Levels(ref ReadOnlyMemory<byte> bytes, int largest, ParquetEncoding encoding)
    {
        if (largest == 0)
        {
            return null;
        }

        if (encoding != ParquetEncoding.Rle)
        {
            throw new InvalidDataException($"levels in the encoding {encoding} are not read");
        }

        var input = new ByteCursor(bytes.Span);
        int length = input.Bytes(input.UInt32()).Length;
        var levels = new RunReader(bytes.Slice(4, length), RunReader.WidthOf(largest));
        bytes = bytes[(4 + length)..];
        return levels;
    }
}
