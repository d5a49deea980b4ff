package models

// Channel is how the official and the resident met.
type Channel string

// The channels.
const (
	ChannelWindow    Channel = "WINDOW"
	ChannelOnline    Channel = "ONLINE"
	ChannelPhone     Channel = "PHONE"
	ChannelHotline   Channel = "HOTLINE"
	ChannelHomeVisit Channel = "HOME_VISIT"
	ChannelKiosk     Channel = "KIOSK"
	ChannelMail      Channel = "MAIL"
	ChannelOther     Channel = "OTHER"
)

// Channels are all channels, in the order of the import format.
var Channels = []Channel{
	ChannelWindow, ChannelOnline, ChannelPhone, ChannelHotline,
	ChannelHomeVisit, ChannelKiosk, ChannelMail, ChannelOther,
}

// Answer is yes, no or (empty) unknown.
type Answer string

// The answers.
const (
	AnswerUnknown Answer = ""
	AnswerYes     Answer = "YES"
	AnswerNo      Answer = "NO"
)

// Answers are the two that are said.
var Answers = []Answer{AnswerYes, AnswerNo}

// RatingSource says where a rating came from.
type RatingSource string

// The sources.
const (
	RatingSourceEncounter RatingSource = "ENCOUNTER"
	RatingSourceWalkIn    RatingSource = "WALK_IN"
)

// RatingSources are all sources.
var RatingSources = []RatingSource{RatingSourceEncounter, RatingSourceWalkIn}

// CaseOutcome is what became of a case; empty while it is open.
type CaseOutcome string

// The outcomes.
const (
	OutcomeResolved       CaseOutcome = "RESOLVED"
	OutcomePartlyResolved CaseOutcome = "PARTLY_RESOLVED"
	OutcomeUnresolved     CaseOutcome = "UNRESOLVED"
	OutcomeRejected       CaseOutcome = "REJECTED"
	OutcomeWithdrawn      CaseOutcome = "WITHDRAWN"
)

// CaseOutcomes are all outcomes.
var CaseOutcomes = []CaseOutcome{
	OutcomeResolved, OutcomePartlyResolved, OutcomeUnresolved, OutcomeRejected, OutcomeWithdrawn,
}

// CaseEventKind is a step in a case's history.
type CaseEventKind string

// The steps.
const (
	EventSubmitted        CaseEventKind = "SUBMITTED"
	EventAccepted         CaseEventKind = "ACCEPTED"
	EventAssigned         CaseEventKind = "ASSIGNED"
	EventTransferred      CaseEventKind = "TRANSFERRED"
	EventTransferAccepted CaseEventKind = "TRANSFER_ACCEPTED"
	EventTransferRefused  CaseEventKind = "TRANSFER_REFUSED"
	EventPaused           CaseEventKind = "PAUSED"
	EventResumed          CaseEventKind = "RESUMED"
	EventResolved         CaseEventKind = "RESOLVED"
	EventConfirmed        CaseEventKind = "CONFIRMED"
	EventReopened         CaseEventKind = "REOPENED"
	EventRejected         CaseEventKind = "REJECTED"
	EventWithdrawn        CaseEventKind = "WITHDRAWN"
	EventMediation        CaseEventKind = "MEDIATION"
	EventClosed           CaseEventKind = "CLOSED"
	EventTransferLapsed   CaseEventKind = "TRANSFER_LAPSED" // nobody answered the offer: no hand-over to charge
	EventEscalated        CaseEventKind = "ESCALATED"       // overdue: the unit above sees it
	EventExtended         CaseEventKind = "EXTENDED"
	EventWarned           CaseEventKind = "WARNED"   // due soon
	EventReminded         CaseEventKind = "REMINDED" // the resident, half-way to the end of the term
	EventJoined           CaseEventKind = "JOINED"
	EventParted           CaseEventKind = "PARTED"
	EventExclusionAsked   CaseEventKind = "EXCLUSION_ASKED"
	EventExclusionRefused CaseEventKind = "EXCLUSION_REFUSED"
	EventObjected         CaseEventKind = "OBJECTED"
	EventExclusionUpheld  CaseEventKind = "EXCLUSION_UPHELD" // against the objection
	EventStarted          CaseEventKind = "STARTED"          // the official who has it begins the work
)

// CaseEventKinds are all steps: those of the import format in its order, then
// those that are taken here alone.
var CaseEventKinds = []CaseEventKind{
	EventSubmitted, EventAccepted, EventAssigned, EventTransferred, EventTransferAccepted,
	EventTransferRefused, EventPaused, EventResumed, EventResolved, EventConfirmed, EventReopened,
	EventRejected, EventWithdrawn, EventMediation, EventClosed,
	EventTransferLapsed, EventEscalated, EventExtended, EventWarned, EventReminded,
	EventJoined, EventParted, EventExclusionAsked, EventExclusionRefused, EventObjected, EventExclusionUpheld,
	EventStarted,
}

// ImportedEventKinds are the steps that the import format knows.
var ImportedEventKinds = CaseEventKinds[:15]

// Relation is how a reviewer stands to the reviewed.
type Relation string

// The relations.
const (
	RelationSuperior    Relation = "SUPERIOR"
	RelationPeer        Relation = "PEER"
	RelationSubordinate Relation = "SUBORDINATE"
	RelationSelf        Relation = "SELF"
	RelationExternal    Relation = "EXTERNAL"
)

// Relations are all relations.
var Relations = []Relation{
	RelationSuperior, RelationPeer, RelationSubordinate, RelationSelf, RelationExternal,
}

// Dimension is one of 德能勤绩廉.
type Dimension string

// The dimensions.
const (
	DimensionMorality    Dimension = "MORALITY"    // 德
	DimensionAbility     Dimension = "ABILITY"     // 能
	DimensionDiligence   Dimension = "DILIGENCE"   // 勤
	DimensionAchievement Dimension = "ACHIEVEMENT" // 绩; not an Achievement, which is showcase evidence
	DimensionIntegrity   Dimension = "INTEGRITY"   // 廉
)

// Dimensions are all five.
var Dimensions = []Dimension{
	DimensionMorality, DimensionAbility, DimensionDiligence, DimensionAchievement, DimensionIntegrity,
}

// DeedKind is a kind of practical work.
type DeedKind string

// The kinds.
const (
	DeedHomeVisit       DeedKind = "HOME_VISIT"
	DeedMediation       DeedKind = "MEDIATION"
	DeedHardshipSupport DeedKind = "HARDSHIP_SUPPORT"
	DeedMaintenance     DeedKind = "MAINTENANCE"
	DeedSafety          DeedKind = "SAFETY"
	DeedOther           DeedKind = "OTHER"
)

// DeedKinds are all kinds.
var DeedKinds = []DeedKind{
	DeedHomeVisit, DeedMediation, DeedHardshipSupport, DeedMaintenance, DeedSafety, DeedOther,
}

// AchievementKind is a kind of showcase evidence.
type AchievementKind string

// The kinds.
const (
	AchievementAward                AchievementKind = "AWARD"
	AchievementMedia                AchievementKind = "MEDIA"
	AchievementDemonstrationProject AchievementKind = "DEMONSTRATION_PROJECT"
	AchievementInspection           AchievementKind = "INSPECTION"
	AchievementCampaign             AchievementKind = "CAMPAIGN"
)

// AchievementKinds are all kinds.
var AchievementKinds = []AchievementKind{
	AchievementAward, AchievementMedia, AchievementDemonstrationProject,
	AchievementInspection, AchievementCampaign,
}

// Grade is a year's grade.
type Grade string

// The grades.
const (
	GradeExcellent          Grade = "EXCELLENT"           // 优秀
	GradeCompetent          Grade = "COMPETENT"           // 称职
	GradeBasicallyCompetent Grade = "BASICALLY_COMPETENT" // 基本称职
	GradeIncompetent        Grade = "INCOMPETENT"         // 不称职
	GradeNotGraded          Grade = "NOT_GRADED"          // 不确定等次: for a reason on record
)

// Grades are all grades, the best first.
var Grades = []Grade{GradeExcellent, GradeCompetent, GradeBasicallyCompetent, GradeIncompetent, GradeNotGraded}

// Role is what an account may do.
type Role string

// The roles.
const (
	RoleResident     Role = "RESIDENT"
	RoleOfficial     Role = "OFFICIAL"
	RoleReplyOfficer Role = "REPLY_OFFICER"
	RoleHR           Role = "HR"
	RoleAuditor      Role = "AUDITOR"
	RoleAdmin        Role = "ADMIN"
)

// Roles are all roles.
var Roles = []Role{RoleResident, RoleOfficial, RoleReplyOfficer, RoleHR, RoleAuditor, RoleAdmin}

// ParseWord returns the word of a closed list, or false where it is not one.
func ParseWord[W ~string](s string, words []W) (W, bool) {
	for _, w := range words {
		if string(w) == s {
			return w, true
		}
	}
	return "", false
}

// oneOf says that a field's word is not of its list, and which would be.
func oneOf[W ~string](field string, value W, words []W) error {
	if _, ok := ParseWord(string(value), words); ok {
		return nil
	}
	return Invalid(field, KeyNotInList, string(value), list(words))
}

// list is closed words as a sentence names them.
func list[W ~string](words []W) string {
	text := ""
	for i, w := range words {
		if i > 0 {
			text += ", "
		}
		text += string(w)
	}
	return text
}

// PolicyPreset names a policy of the engine to compare with or to start from.
type PolicyPreset string

// MethodStep names a step of the engine's method that can be left out.
type MethodStep string

// Scope says which records somebody finds.
type Scope string

// The scopes.
const (
	ScopeEverything Scope = "EVERYTHING"
	ScopePublished  Scope = "PUBLISHED"
	ScopeHolder     Scope = "HOLDER" // of a link, a code or a receipt
	ScopeOwn        Scope = "OWN"
	ScopeUnit       Scope = "UNIT"
)

// Scopes are all scopes.
var Scopes = []Scope{ScopeEverything, ScopePublished, ScopeHolder, ScopeOwn, ScopeUnit}
