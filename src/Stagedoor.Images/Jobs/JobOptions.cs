using System.ComponentModel.DataAnnotations;

namespace Stagedoor.Images.Jobs;

/// <summary>Settings under <c>Images:Jobs</c>: work that is kept in the database until it is done.</summary>
public sealed class JobOptions
{
    /// <summary>Every how many seconds it is looked for work whose time has come.</summary>
    [Range(1, 3600)]
    public int PollSeconds { get; set; } = 1;
}
