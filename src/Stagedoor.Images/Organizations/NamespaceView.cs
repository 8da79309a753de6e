namespace Stagedoor.Images.Organizations;

/// <summary>An organization as the API shows it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="CreatorName">Who created it.</param>
/// <param name="Auth">What the caller may do in it: 7, 3, 1, or 0 when a grant on one of its repositories is all.</param>
internal sealed record NamespaceView(long Id, string Name, string CreatorName, int Auth);
