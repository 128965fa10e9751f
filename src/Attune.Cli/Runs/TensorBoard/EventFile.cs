using System.Buffers.Binary;
using System.Numerics;
using Attune.Formats;

namespace Attune.Cli.Runs.TensorBoard;

/// <summary>
/// Writes an event file of TensorBoard: records of TFRecord (length and payload, each with a masked CRC-32C), each one message <c>tensorflow.Event</c> in protobuf's wire format.
/// Source: tensorflow/core/util/event.proto, tensorflow/core/lib/io/record_writer.h.
/// </summary>
internal sealed class EventFile : IDisposable
{
    private const int WallTimeField = 1;
    private const int StepField = 2;
    private const int FileVersionField = 3;
    private const int SummaryField = 5;
    private const int SessionLogField = 7;
    private const uint MaskDelta = 0xa282ead8;

    private readonly FileStream _stream;

    /// <summary>Starts a file in a folder, which is made when it is not there.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="firstStep">What older files of the folder say from this step on no longer counts.</param>
    public EventFile(string folder, long firstStep)
    {
        Directory.CreateDirectory(folder);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        _stream = new FileStream(
            Path.Combine(folder, $"events.out.tfevents.{now.ToUnixTimeMilliseconds()}.{Environment.ProcessId}.attune"), FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        Write(0, message => message.Text(FileVersionField, "brain.Event:2"));

        // SessionLog { status: START } makes TensorBoard drop the events of these steps that came before.
        Write(firstStep, message => message.Message(SessionLogField, log => log.Integer(1, 1)));
    }

    /// <summary>Writes values of a step at once.</summary>
    public void Write(long step, params IReadOnlyList<(string Tag, double Value)> values)
    {
        // Summary { repeated Value { string tag = 1; float simple_value = 2; } value = 1; }
        Write(step, message => message.Message(SummaryField, summary =>
        {
            foreach ((string tag, double value) in values)
            {
                summary.Message(1, entry =>
                {
                    entry.Text(1, tag);
                    entry.Single(2, (float)value);
                });
            }
        }));
        _stream.Flush();
    }

    public void Dispose() => _stream.Dispose();

    private void Write(long step, Action<ProtobufWriter> fill)
    {
        var message = new ProtobufWriter();
        message.Double(WallTimeField, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1e3);
        message.Integer(StepField, step);
        fill(message);
        ReadOnlySpan<byte> payload = message.Written;
        Span<byte> head = stackalloc byte[12];
        BinaryPrimitives.WriteUInt64LittleEndian(head, (ulong)payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], MaskedCrc(head[..8]));
        Span<byte> tail = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(tail, MaskedCrc(payload));
        _stream.Write(head);
        _stream.Write(payload);
        _stream.Write(tail);
    }

    /// <summary>CRC-32C, rotated and shifted so that data with CRCs in it can be checked again.</summary>
    internal static uint MaskedCrc(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in data)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        crc = ~crc;
        return BitOperations.RotateRight(crc, 15) + MaskDelta;
    }
}
