using Stagedoor.Storage;

namespace Stagedoor.Serve;

/// <summary>Notes what storage does in the recording of the request, or the job, that it does it for.</summary>
internal sealed class RecordedStorage : IStorageWatch
{
    public IStorageSteps? Current => Recording.Current is { } recording ? new Steps(recording) : null;

    private sealed class Steps(Recording recording) : IStorageSteps
    {
        public long Now() => recording.Now();

        public int Number() => recording.Number();

        public void Note(in StorageStep work, Exception? fault) => recording.Add(new()
        {
            Kind = work.Kind switch
            {
                StorageWork.Statement => StepKind.Statement,
                StorageWork.Transaction => StepKind.Transaction,
                StorageWork.Reads => StepKind.Reads,
                _ => StepKind.Blob,
            },
            Name = work.Name,
            Where = work.Module,
            System = work.Engine,
            Number = work.Number,
            Within = work.Within,
            Started = work.Started,
            Ended = recording.Now(),
            Amount = work.Amount,
            Fault = fault switch
            {
                null => null,
                StorageException storage => FaultOf(storage),
                OperationCanceledException => "cancelled",
                // What was to be done turned out not to be; nothing of it is kept.
                _ => "undone",
            },
        });

        private static string FaultOf(StorageException fault) => (fault.Store is StorageSource.Database ? "database_" : "blobs_") + fault.Fault switch
        {
            StorageFault.Unavailable => "unavailable",
            StorageFault.Busy => "busy",
            StorageFault.InputOutput => "input_output",
            StorageFault.Full => "full",
            StorageFault.Corrupt => "corrupt",
            StorageFault.Gone => "gone",
            StorageFault.Refused => "refused",
            StorageFault.CannotCreate => "cannot_create",
            _ => "failed",
        };
    }
}
