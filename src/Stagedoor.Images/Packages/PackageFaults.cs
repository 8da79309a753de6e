using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Storage;

namespace Stagedoor.Images.Packages;

/// <summary>What a fault is called in a step of an operation on packages.</summary>
internal static class PackageFaults
{
#pragma warning disable VSTHRD200 // Reads as a clause behind the step: `await step.ChangeFaultAs(code)`.

    /// <summary>A fault of a change of rows. One that had to wait for another for too long may be tried again.</summary>
    public static async Task<T> ChangeFaultAs<T>(this Task<T> step, ErrorDefinition error)
    {
        try
        {
            return await step;
        }
        catch (StorageException fault)
        {
            throw new ApiException(fault.Fault is StorageFault.Busy ? ImagesCodes.SystemBusy : error, inner: fault);
        }
    }

    /// <summary>
    /// A fault of a step that moves bytes. A store that is away or full is called by a code of its own, as the operator has to see to it, and whoever
    /// uploads need not look for a fault of the package.
    /// </summary>
    public static async Task<T> BytesFaultAs<T>(this Task<T> step, ErrorDefinition blobs, ErrorDefinition database)
    {
        try
        {
            return await step;
        }
        catch (StorageException fault)
        {
            throw new ApiException(CodeOf(fault, blobs, database), inner: fault);
        }
    }

    /// <inheritdoc cref="BytesFaultAs{T}(Task{T}, ErrorDefinition, ErrorDefinition)"/>
    public static async Task BytesFaultAs(this Task step, ErrorDefinition blobs, ErrorDefinition database)
    {
        try
        {
            await step;
        }
        catch (StorageException fault)
        {
            throw new ApiException(CodeOf(fault, blobs, database), inner: fault);
        }
    }

#pragma warning restore VSTHRD200

    private static ErrorDefinition CodeOf(StorageException fault, ErrorDefinition blobs, ErrorDefinition database) => fault switch
    {
        { Store: StorageSource.Database, Fault: StorageFault.Busy } => ImagesCodes.SystemBusy,
        { Store: StorageSource.Database } => database,
        { Fault: StorageFault.Unavailable or StorageFault.Full } => ImagesCodes.ObjectStorageUnavailable,
        _ => blobs,
    };
}
