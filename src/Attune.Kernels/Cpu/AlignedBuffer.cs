using System.Runtime.InteropServices;

namespace Attune.Kernels.Cpu;

/// <summary>Native memory aligned to a cache line, with undefined content at first.</summary>
internal sealed unsafe class AlignedBuffer : IDisposable
{
    /// <summary>Alignment of every buffer in bytes: a cache line and the widest vector.</summary>
    public const int Alignment = 64;

    /// <summary>
    /// From this size on buffers are pages of their own. The C library would keep freed ones of up to 32 MB for itself, so that a process held more than anybody uses and nobody could
    /// foretell how much.
    /// </summary>
    private const long PagesBytes = 256 << 10;

    private readonly bool _isPages;

    /// <summary>Allocates memory.</summary>
    /// <exception cref="OutOfMemoryException">The system has not as much.</exception>
    public AlignedBuffer(long bytes)
    {
        Bytes = bytes;
        _isPages = bytes >= PagesBytes && SystemPages.AreSupported;
        Pointer = _isPages ? SystemPages.Map(bytes) : (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, Alignment), Alignment);
    }

    /// <summary>Frees the memory of a buffer that its owner forgot.</summary>
    ~AlignedBuffer() => Free();

    public byte* Pointer { get; private set; }

    public long Bytes { get; }

    /// <summary>Allocates memory filled with zeros.</summary>
    public static AlignedBuffer Zeroed(long bytes)
    {
        var buffer = new AlignedBuffer(bytes);
        NativeMemory.Clear(buffer.Pointer, (nuint)bytes);
        return buffer;
    }

    /// <summary>Makes sure that a buffer has at least <paramref name="bytes"/> bytes; its content is lost when it grows.</summary>
    public static byte* Grow(ref AlignedBuffer? buffer, long bytes)
    {
        if (buffer is null || buffer.Bytes < bytes)
        {
            // Half as much again, so that slowly growing demands do not allocate each time.
            long size = buffer is null ? bytes : Math.Max(bytes, buffer.Bytes + (buffer.Bytes / 2));
            buffer?.Dispose();
            buffer = new AlignedBuffer(size);
        }

        return buffer.Pointer;
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_isPages && Pointer is not null)
        {
            SystemPages.Unmap(Pointer, Bytes);
        }
        else
        {
            NativeMemory.AlignedFree(Pointer);
        }

        Pointer = null;
    }
}
