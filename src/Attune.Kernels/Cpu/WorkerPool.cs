using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Attune.Kernels.Cpu;

/// <summary>Private threads that share the indices of a job with the calling thread; a run allocates nothing on the managed heap.</summary>
/// <remarks>
/// Every index is computed whole by one thread, so results do not depend on the number of threads. Each thread starts on its own contiguous
/// range of indices, which keeps data in the cache of the core that wrote it from one run to the next, and helps the others when it is done.
/// Waiting threads spin for a short while, because the gap between two operations of a training step is shorter than a wake-up, and then park.
/// A run inside a job of the same pool is done by the thread that asks for it; runs from different threads wait for each other.
/// The calling thread is worker 0, unless <see cref="KeepCallersOut"/> was called: then it waits, and worker 0 is a thread of the pool's own.
/// </remarks>
public sealed unsafe partial class WorkerPool : IDisposable
{
    private const long Open = 1L << 16;
    private const long Generation = 1L << 17;
    private const long ActiveMask = Open - 1;
    private const int MaxThreads = 1024;
    private static readonly long SpinTicks = Stopwatch.Frequency / 20_000;

    [ThreadStatic]
    private static WorkerPool? _current;

    [ThreadStatic]
    private static int _currentWorker;

    private readonly Thread?[] _workers;
    private readonly AlignedBuffer _rangeMemory;
    private readonly AlignedBuffer?[] _scratch;
    private readonly object _runs = new();
    private readonly object _parking = new();
    private readonly object _completion = new();
    private readonly bool _spins;

    // Asked before threads start, as the system's permission for tiles must be.
    private readonly bool _hasTiles = TileSupport.IsAvailable;

    // Generation of the run, whether it takes helpers, and how many are inside: one word, so that a thread joins or misses a run in one step.
    private long _state;
    private int _parked;
    private volatile bool _disposed;
    private volatile bool _callersWait;
    private volatile ExceptionDispatchInfo? _failure;
    private void* _job;
    private delegate*<void*, int, int, void> _execute;
    private int _participants;

    /// <summary>Starts the threads.</summary>
    /// <param name="threads">Threads that work on a job, the calling one included, 1 to 1,024; default <see cref="DefaultThreads"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is outside its range.</exception>
    public WorkerPool(int? threads = null)
    {
        Threads = threads ?? DefaultThreads;
        ArgumentOutOfRangeException.ThrowIfLessThan(Threads, 1, nameof(threads));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Threads, MaxThreads, nameof(threads));
        _rangeMemory = new AlignedBuffer(Threads * sizeof(IndexRange));
        _scratch = new AlignedBuffer?[Threads];
        _spins = Threads <= Environment.ProcessorCount;
        _workers = new Thread?[Threads];
        for (int worker = 1; worker < Threads; worker++)
        {
            Start(worker);
        }
    }

    /// <summary>Physical cores that this process may use: two hardware threads of a core share the units that matrix products fill.</summary>
    public static int DefaultThreads { get; } = Math.Clamp(ProcessorTopology.UsableCores(), 1, MaxThreads);

    /// <summary>Threads that work on a job, the calling one included unless <see cref="KeepCallersOut"/> was called.</summary>
    public int Threads { get; }

    /// <summary>The index of the calling thread in the job of this pool that it is running; -1 outside of jobs.</summary>
    public int CurrentWorker => _current == this ? _currentWorker : -1;

    /// <summary>Held while a run is under way; an operation of several runs that share memory takes it around all of them.</summary>
    internal object Runs => _runs;

    /// <summary>Executes the indices 0 to <paramref name="count"/> - 1 of a job and returns when all are done.</summary>
    /// <param name="job">The job; the threads see one copy of it, which is copied back at the end.</param>
    /// <param name="count">Number of indices; 0 does nothing.</param>
    /// <exception cref="ObjectDisposedException">The pool was disposed.</exception>
    /// <remarks>The first exception that an index throws stops the run and is thrown here again; some other indices may then not have been executed.</remarks>
    public void Run<TJob>(ref TJob job, int count)
        where TJob : struct, IJob
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (count <= 0)
        {
            return;
        }

        if (_current == this)
        {
            for (int index = 0; index < count; index++)
            {
                job.Execute(index, _currentWorker);
            }

            return;
        }

        lock (_runs)
        {
            // On the stack it cannot move while the other threads hold its address.
            TJob copy = job;
            RunLocked(Unsafe.AsPointer(ref copy), &Invoke<TJob>, count);
            job = copy;
            if (_failure is not null)
            {
                Interlocked.Exchange(ref _failure, null)?.Throw();
            }
        }
    }

    /// <summary>From now on jobs run on the pool's own threads only, because their instructions must not run on a thread that somebody else made.</summary>
    /// <exception cref="InvalidOperationException">Called from inside a job of this pool.</exception>
    internal void KeepCallersOut()
    {
        if (_current == this)
        {
            throw new InvalidOperationException("a job cannot change the threads of the pool that runs it");
        }

        lock (_runs)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_callersWait)
            {
                _callersWait = true;
                Start(0);
            }
        }
    }

    /// <summary>Memory of a worker for use inside one index of a job, aligned to 64 bytes; it grows and never shrinks, and its content is undefined.</summary>
    /// <param name="worker">The worker that the job was given.</param>
    /// <param name="bytes">Bytes needed.</param>
    public byte* Scratch(int worker, long bytes)
    {
        ref AlignedBuffer? buffer = ref _scratch[worker];
        return AlignedBuffer.Grow(ref buffer, bytes);
    }

    /// <summary>Stops and joins the threads and frees the scratch memory.</summary>
    /// <exception cref="InvalidOperationException">Called from inside a job of this pool.</exception>
    public void Dispose()
    {
        if (_current == this)
        {
            throw new InvalidOperationException("a job cannot dispose of the worker pool that runs it");
        }

        lock (_runs)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            lock (_parking)
            {
                Monitor.PulseAll(_parking);
            }

            foreach (Thread? worker in _workers)
            {
                worker?.Join();
            }

            _rangeMemory.Dispose();
            foreach (AlignedBuffer? buffer in _scratch)
            {
                buffer?.Dispose();
            }
        }
    }

    /// <summary>The indices that one thread starts with, alone on its cache lines.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 128)]
    private struct IndexRange
    {
        public int Next;
        public int End;
    }
}
