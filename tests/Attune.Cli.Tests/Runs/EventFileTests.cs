using System.Buffers.Binary;
using System.Text;
using Attune.Cli.Runs.TensorBoard;

namespace Attune.Cli.Tests.Runs;

/// <summary>Event files, read back by a reader of their own.</summary>
public sealed class EventFileTests
{
    [Fact]
    public void Checksums_are_those_of_the_format()
    {
        // CRC-32C of "123456789" is e3069283 (RFC 3720, appendix B.4 gives the polynomial; the value is the customary check).
        const uint Crc = 0xe3069283;
        Assert.Equal(((Crc >> 15) | (Crc << 17)) + 0xa282ead8, EventFile.MaskedCrc("123456789"u8));
    }

    [Fact]
    public void A_run_leaves_scalars_that_a_reader_understands()
    {
        using var runs = new SmallRun();
        Tool.Run(runs.Train("run", "--val-set-size", "4", "--eval-strategy", "steps", "--eval-steps", "10")).Succeeded();
        string file = Assert.Single(Directory.GetFiles(Path.Combine(runs["run"], "tensorboard")));
        Assert.Contains(".tfevents.", Path.GetFileName(file), StringComparison.Ordinal);
        List<byte[]> records = Records(File.ReadAllBytes(file));
        Dictionary<int, object> version = Fields(records[0]).ToDictionary();
        Assert.Equal("brain.Event:2", Encoding.UTF8.GetString((byte[])version[3]));
        var scalars = new Dictionary<(string Tag, long Step), float>();
        foreach (byte[] record in records.Where(record => Fields(record).Any(field => field.Number == 5)))
        {
            List<(int Number, object Value)> fields = Fields(record);
            long step = (long)(ulong)fields.Single(field => field.Number == 2).Value;
            foreach ((int _, object value) in Fields((byte[])fields.Single(field => field.Number == 5).Value))
            {
                List<(int Number, object Value)> entry = Fields((byte[])value);
                scalars.Add((Encoding.UTF8.GetString((byte[])entry[0].Value), step), BitConverter.UInt32BitsToSingle((uint)entry[1].Value));
            }
        }

        Attune.Training.LogEntry[] log = [.. Attune.Cli.Runs.RunFolder.Open(runs["run"]).Log];
        Assert.Equal(33, log.Length);
        Assert.All(log, entry => Assert.Equal((float)(entry.Loss ?? entry.EvalLoss)!.Value, scalars[(entry.Loss is null ? "eval/loss" : "train/loss", entry.Step)]));
        Assert.Equal(0.01f, scalars[("train/learning_rate", 4)]);
        Assert.Equal((30 * 5) + 3, scalars.Count);
    }

    /// <summary>TFRecord: length, its masked CRC-32C, payload, its masked CRC-32C.</summary>
    private static List<byte[]> Records(ReadOnlySpan<byte> file)
    {
        var records = new List<byte[]>();
        while (!file.IsEmpty)
        {
            int length = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(file));
            Assert.Equal(EventFile.MaskedCrc(file[..8]), BinaryPrimitives.ReadUInt32LittleEndian(file[8..]));
            byte[] payload = file.Slice(12, length).ToArray();
            Assert.Equal(EventFile.MaskedCrc(payload), BinaryPrimitives.ReadUInt32LittleEndian(file[(12 + length)..]));
            records.Add(payload);
            file = file[(16 + length)..];
        }

        return records;
    }

    /// <summary>The fields of a protobuf message: numbers, four or eight bytes, or bytes.</summary>
    private static List<(int Number, object Value)> Fields(byte[] message)
    {
        var fields = new List<(int, object)>();
        for (int at = 0; at < message.Length;)
        {
            ulong tag = Varint(message, ref at);
            int number = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    fields.Add((number, Varint(message, ref at)));
                    break;
                case 1:
                    fields.Add((number, BitConverter.ToDouble(message, at)));
                    at += 8;
                    break;
                case 5:
                    fields.Add((number, BitConverter.ToUInt32(message, at)));
                    at += 4;
                    break;
                default:
                    Assert.Equal(2UL, tag & 7);
                    int length = (int)Varint(message, ref at);
                    fields.Add((number, message[at..(at + length)]));
                    at += length;
                    break;
            }
        }

        return fields;
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte part = message[at++];
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }
    }
}

internal static class FieldExtensions
{
    public static Dictionary<int, object> ToDictionary(this List<(int Number, object Value)> fields) => fields.ToDictionary(field => field.Number, field => field.Value);
}
